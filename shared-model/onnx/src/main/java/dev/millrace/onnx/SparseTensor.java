package dev.millrace.onnx;

import ai.onnx.proto.OnnxMl.SparseTensorProto;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/**
 * A tensor stored as its non-zero elements.
 *
 * @param values the {@code (NNZ)} elements; its name is the name of the sparse tensor
 * @param indices int64, {@code (NNZ)} positions in row-major order or {@code (NNZ, rank)} coordinates, ascending
 * @param dims shape of the dense tensor
 * @param rest fields that this code does not know
 */
public record SparseTensor(Tensor values, Tensor indices, List<Long> dims, SparseTensorProto rest) {
    public SparseTensor {
        dims = List.copyOf(dims);
    }

    public SparseTensor(Tensor values, Tensor indices, List<Long> dims) {
        this(values, indices, dims, SparseTensorProto.getDefaultInstance());
    }

    /** The non-zero elements of a tensor of floats, picked out when they are read. */
    public static SparseTensor of(Tensor dense) {
        long kept = dense.elements() - zeros(dense);
        var values = Tensor.of(dense.name(), dense.type(), TensorData.computed(() -> keptValues(dense, kept)), kept);
        var indices = Tensor.of("", DataType.INT64, TensorData.computed(() -> keptIndices(dense, kept)), kept);
        return new SparseTensor(
                values, indices, Arrays.stream(dense.dims()).boxed().toList());
    }

    /** Whether this takes fewer bytes than the dense tensor. */
    public boolean pays() {
        return values.sizeBytes() + indices.sizeBytes() < dense().sizeBytes();
    }

    public String name() {
        return values.name();
    }

    SparseTensor withName(String name) {
        return new SparseTensor(values.withName(name), indices, dims, rest);
    }

    /** The same tensor with its zeros stored; made when it is read. */
    public Tensor dense() {
        long[] shape = dims.stream().mapToLong(Long::longValue).toArray();
        return Tensor.of(name(), values.type(), TensorData.computed(() -> scatter(shape)), shape);
    }

    private static long zeros(Tensor dense) {
        long zeros = 0;
        for (float element : dense.floats()) {
            zeros += element == 0 ? 1 : 0;
        }
        return zeros;
    }

    private static ByteBuffer keptValues(Tensor dense, long kept) {
        int elementBytes = (int) dense.type().sizeBytes(1);
        var bytes = dense.bytes();
        var into = ByteBuffer.allocate(Math.toIntExact(kept * elementBytes));
        var elements = dense.floats();
        for (int i = 0; i < elements.length; i++) {
            if (elements[i] != 0) {
                into.put(bytes.slice(i * elementBytes, elementBytes));
            }
        }
        return into.flip();
    }

    private static ByteBuffer keptIndices(Tensor dense, long kept) {
        var into = ByteBuffer.allocate(Math.toIntExact(kept * Long.BYTES)).order(ByteOrder.LITTLE_ENDIAN);
        var elements = dense.floats();
        for (int i = 0; i < elements.length; i++) {
            if (elements[i] != 0) {
                into.putLong(i);
            }
        }
        return into.flip();
    }

    private ByteBuffer scatter(long[] shape) {
        int elementBytes = Math.toIntExact(values.type().sizeBytes(1));
        var dense = ByteBuffer.allocate(Math.toIntExact(values.type().sizeBytes(Tensor.product(shape))));
        var stored = values.bytes();
        var positions = indices.longs();
        int step = indices.rank() == 1 ? 1 : shape.length;
        for (int i = 0; i < positions.length / step; i++) {
            long position = 0;
            for (int axis = 0; axis < step; axis++) {
                position = position * (step == 1 ? 1 : shape[axis]) + positions[i * step + axis];
            }
            dense.put(Math.toIntExact(position * elementBytes), stored, i * elementBytes, elementBytes);
        }
        return dense;
    }
}
