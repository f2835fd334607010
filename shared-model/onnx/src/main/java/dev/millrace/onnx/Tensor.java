package dev.millrace.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/**
 * A named array of a file: element type, dimensions, and data that stays where it is until read.
 *
 * <p>An immutable value. Accessors that return arrays decode anew on every call; keep the result, not the call.
 * Equality compares element type, dimensions, bytes and everything else in the file, not where or in which encoding the
 * bytes are stored.
 */
public final class Tensor {
    /** Everything of the file but the numbers: name, type, dimensions, strings, documentation, unknown fields. */
    private final TensorProto header;

    private final TensorData data;
    private final long storedBytes;

    /**
     * @param header without numeric data
     * @param storedBytes length of {@code data}; a malformed file may store another length than the dimensions need
     */
    Tensor(TensorProto header, TensorData data, long storedBytes) {
        this.header = header;
        this.data = data;
        this.storedBytes = storedBytes;
    }

    /**
     * A tensor over data that is made or mapped elsewhere.
     *
     * @throws IllegalArgumentException if the type has no fixed element size
     * @throws ArithmeticException if the dimensions overflow
     */
    public static Tensor of(String name, DataType type, TensorData data, long... dims) {
        if (type.bits() == 0) {
            throw new IllegalArgumentException(type + " elements have no fixed size");
        }
        var header = TensorProto.newBuilder().setName(name).setDataType(type.code());
        Arrays.stream(dims).forEach(header::addDims);
        return new Tensor(header.build(), data, type.sizeBytes(product(dims)));
    }

    /**
     * A tensor of little-endian bytes.
     *
     * @throws IllegalArgumentException if the number of bytes is not what type and dimensions need
     */
    public static Tensor of(String name, DataType type, ByteBuffer bytes, long... dims) {
        var tensor = of(name, type, TensorData.of(bytes), dims);
        if (bytes.remaining() != tensor.storedBytes) {
            throw new IllegalArgumentException(
                    "%s: %d bytes do not make %s%s".formatted(name, bytes.remaining(), type, Arrays.toString(dims)));
        }
        return tensor;
    }

    /** A float32 tensor. */
    public static Tensor floats(String name, float[] values, long... dims) {
        return of(name, DataType.FLOAT, Numbers.encode(DataType.FLOAT, values), dims);
    }

    /**
     * A tensor of float, double, float16 or bfloat16, rounded to nearest even.
     *
     * @throws IllegalArgumentException if the type is another
     */
    public static Tensor floats(String name, DataType type, float[] values, long... dims) {
        return of(name, type, Numbers.encode(type, values), dims);
    }

    /** An int64 tensor, what shapes and axes are stored in. */
    public static Tensor longs(String name, long[] values, long... dims) {
        var bytes = ByteBuffer.allocate(Math.multiplyExact(values.length, Long.BYTES))
                .order(ByteOrder.LITTLE_ENDIAN);
        bytes.asLongBuffer().put(values);
        return of(name, DataType.INT64, bytes, dims);
    }

    /** An int32 tensor, what quantized biases are stored in. */
    public static Tensor ints(String name, int[] values, long... dims) {
        var bytes = ByteBuffer.allocate(Math.multiplyExact(values.length, Integer.BYTES))
                .order(ByteOrder.LITTLE_ENDIAN);
        bytes.asIntBuffer().put(values);
        return of(name, DataType.INT32, bytes, dims);
    }

    /**
     * A tensor of integers of any width; each keeps its low bits, widths below a byte are packed.
     *
     * @throws IllegalArgumentException if the type is no integer
     */
    public static Tensor integers(String name, DataType type, long[] values, long... dims) {
        return of(name, type, Numbers.encode(type, values), dims);
    }

    /** A tensor of one-byte elements (int8, uint8, bool, float8) or of packed smaller ones. */
    public static Tensor bytes(String name, DataType type, byte[] values, long... dims) {
        return of(name, type, ByteBuffer.wrap(values), dims);
    }

    public String name() {
        return header.getName();
    }

    /** Element type; {@link DataType#UNDEFINED} if newer than {@link DataType}. */
    public DataType type() {
        return DataType.of(header.getDataType());
    }

    /** Number of the element type in the file. */
    public int typeCode() {
        return header.getDataType();
    }

    public int rank() {
        return header.getDimsCount();
    }

    /** Size of one axis; negative axes count from the last. */
    public long dim(int axis) {
        return header.getDims(axis < 0 ? axis + rank() : axis);
    }

    /** Dimensions, empty for a scalar. */
    public long[] dims() {
        return header.getDimsList().stream().mapToLong(Long::longValue).toArray();
    }

    /**
     * Number of elements, 1 for a scalar.
     *
     * @throws ArithmeticException if the product overflows; the model gate refuses such tensors
     */
    public long elements() {
        return product(dims());
    }

    /** Bytes of the data as stored. */
    public long sizeBytes() {
        return storedBytes;
    }

    /** All data, little-endian; mapped where it comes from a file. */
    public ByteBuffer bytes() {
        return data.read(0, Math.toIntExact(storedBytes)).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The data as a source of pieces, for editing and for tensors too large for one buffer. */
    public TensorData data() {
        return data;
    }

    /**
     * All elements as floats; float16, bfloat16, double, float8, float4 and integers are converted.
     *
     * @throws IllegalArgumentException if the type has no numbers
     */
    public float[] floats() {
        return Numbers.floats(type(), bytes(), Math.toIntExact(elements()));
    }

    /** A range of elements as floats; of types below a byte only from an even {@code first}. */
    public float[] floats(long first, int count) {
        return Numbers.floats(type(), data.read(type().sizeBytes(first), (int) type().sizeBytes(count)), count);
    }

    /**
     * All elements of an integer or boolean tensor.
     *
     * @throws IllegalArgumentException if the type is no integer
     */
    public long[] longs() {
        return Numbers.longs(type(), bytes(), Math.toIntExact(elements()));
    }

    /**
     * All elements of an integer tensor.
     *
     * @throws ArithmeticException if one does not fit an int
     */
    public int[] ints() {
        return Arrays.stream(longs()).mapToInt(Math::toIntExact).toArray();
    }

    /** Elements of a string tensor. */
    public List<String> strings() {
        return header.getStringDataList().stream().map(ByteString::toStringUtf8).toList();
    }

    public Tensor withName(String name) {
        return new Tensor(header.toBuilder().setName(name).build(), data, storedBytes);
    }

    /**
     * The same elements in another shape.
     *
     * @throws IllegalArgumentException if the number of elements differs
     */
    public Tensor withDims(long... dims) {
        if (product(dims) != elements()) {
            throw new IllegalArgumentException(
                    name() + ": " + Arrays.toString(dims()) + " is not reshaped to " + Arrays.toString(dims));
        }
        var reshaped = header.toBuilder().clearDims();
        Arrays.stream(dims).forEach(reshaped::addDims);
        return new Tensor(reshaped.build(), data, storedBytes);
    }

    /** Other data of the same type and size; read when the model is written. */
    public Tensor withData(TensorData data) {
        return new Tensor(header, data, storedBytes);
    }

    /**
     * Other numbers of the same shape, encoded in this tensor's element type.
     *
     * @throws IllegalArgumentException if the number of elements differs or the type is not floating-point
     */
    public Tensor withFloats(float[] values) {
        return of(name(), type(), Numbers.encode(type(), values), dims());
    }

    /** {@code this[0]} of a scalar or one-element tensor. */
    public float scalar() {
        return floats(0, 1)[0];
    }

    TensorProto header() {
        return header;
    }

    public static long product(long[] dims) {
        long product = 1;
        for (var dim : dims) {
            product = Math.multiplyExact(product, dim);
        }
        return product;
    }

    private boolean sameBytes(Tensor other) {
        if (data == other.data) {
            return true;
        }
        for (long offset = 0; offset < storedBytes; offset += TensorData.PIECE_BYTES) {
            int length = (int) Math.min(TensorData.PIECE_BYTES, storedBytes - offset);
            if (!data.read(offset, length).equals(other.data.read(offset, length))) {
                return false;
            }
        }
        return true;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Tensor that
                && header.equals(that.header)
                && storedBytes == that.storedBytes
                && sameBytes(that);
    }

    /** From the header alone, so that hashing reads no data. */
    @Override
    public int hashCode() {
        return header.hashCode();
    }

    /** Name, type and shape: {@code conv1.weight FLOAT[64, 3, 7, 7]}. */
    @Override
    public String toString() {
        return name() + " " + (type() == DataType.UNDEFINED ? "type " + typeCode() : type()) + Arrays.toString(dims());
    }
}
