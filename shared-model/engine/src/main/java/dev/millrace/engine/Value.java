package dev.millrace.engine;

import ai.onnxruntime.platform.Fp16Conversions;
import dev.millrace.onnx.DataType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * A dense array in native memory: element type, dims, and bytes in row-major order and the machine's byte order.
 *
 * <p>The dims never change; the bytes may be written through the buffers, which are views.
 */
public final class Value {
    private final DataType type;
    private final long[] dims;
    private final ByteBuffer bytes;

    private Value(DataType type, long[] dims, ByteBuffer bytes) {
        this.type = type;
        this.dims = dims;
        this.bytes = bytes;
    }

    /**
     * A value over {@code bytes}, without copying.
     *
     * @throws IllegalArgumentException if the buffer is not direct or does not hold exactly the elements of {@code dims}
     */
    public static Value of(DataType type, long[] dims, ByteBuffer bytes) {
        if (!bytes.isDirect()) {
            throw new IllegalArgumentException("the buffer is not direct");
        }
        if (bytes.remaining() != type.sizeBytes(elements(dims))) {
            throw new IllegalArgumentException(bytes.remaining() + " bytes for " + type + Arrays.toString(dims) + " of "
                    + elements(dims) + " elements");
        }
        return new Value(type, dims.clone(), bytes.slice().order(ByteOrder.nativeOrder()));
    }

    public static Value zeros(DataType type, long... dims) {
        int size = Math.toIntExact(type.sizeBytes(elements(dims)));
        return new Value(type, dims.clone(), DirectMemory.allocate(size));
    }

    /** Every element the same number. */
    public static Value full(DataType type, double number, long... dims) {
        var value = zeros(type, dims);
        if (number != 0) {
            for (int i = 0; i < value.size(); i++) {
                value.put(i, number);
            }
        }
        return value;
    }

    public static Value of(float[] elements, long... dims) {
        var value = zeros(DataType.FLOAT, dims);
        value.bytes.asFloatBuffer().put(elements);
        return value;
    }

    public static Value of(long[] elements, long... dims) {
        var value = zeros(DataType.INT64, dims);
        value.bytes.asLongBuffer().put(elements);
        return value;
    }

    public DataType type() {
        return type;
    }

    public long[] dims() {
        return dims.clone();
    }

    public int rank() {
        return dims.length;
    }

    public long dim(int axis) {
        return dims[axis];
    }

    /** Number of elements; 1 for a scalar. */
    public long size() {
        return elements(dims);
    }

    /** All bytes, a view. */
    public ByteBuffer bytes() {
        return bytes.duplicate().order(ByteOrder.nativeOrder());
    }

    /**
     * The elements as floats: a view when the type is {@code FLOAT}, else a converted copy.
     *
     * @throws IllegalStateException if the type has no numbers
     */
    public FloatBuffer floats() {
        if (type == DataType.FLOAT) {
            return bytes.asFloatBuffer();
        }
        var copy = FloatBuffer.allocate(Math.toIntExact(size()));
        for (int i = 0; i < copy.capacity(); i++) {
            copy.put(i, (float) number(i));
        }
        return copy;
    }

    /** The elements as long integers: a view when the type is {@code INT64}, else a converted copy, fractions cut. */
    public LongBuffer longs() {
        if (type == DataType.INT64) {
            return bytes.asLongBuffer();
        }
        var copy = LongBuffer.allocate(Math.toIntExact(size()));
        for (int i = 0; i < copy.capacity(); i++) {
            copy.put(i, type == DataType.UINT64 ? bytes.getLong(i * 8) : (long) number(i));
        }
        return copy;
    }

    /** Element {@code index} in row-major order. */
    public double number(int index) {
        return switch (type) {
            case FLOAT -> bytes.getFloat(index * 4);
            case DOUBLE -> bytes.getDouble(index * 8);
            case FLOAT16 -> Fp16Conversions.fp16ToFloat(bytes.getShort(index * 2));
            case BFLOAT16 -> Fp16Conversions.bf16ToFloat(bytes.getShort(index * 2));
            case INT8 -> bytes.get(index);
            case UINT8 -> bytes.get(index) & 0xff;
            case INT16 -> bytes.getShort(index * 2);
            case UINT16 -> bytes.getShort(index * 2) & 0xffff;
            case INT32 -> bytes.getInt(index * 4);
            case UINT32 -> bytes.getInt(index * 4) & 0xffffffffL;
            case INT64 -> bytes.getLong(index * 8);
            case UINT64 -> unsigned(bytes.getLong(index * 8));
            case BOOL -> bytes.get(index) == 0 ? 0 : 1;
            default -> throw new IllegalStateException(type + " has no numbers");
        };
    }

    private void put(int index, double number) {
        switch (type) {
            case FLOAT -> bytes.putFloat(index * 4, (float) number);
            case DOUBLE -> bytes.putDouble(index * 8, number);
            case FLOAT16 -> bytes.putShort(index * 2, Fp16Conversions.floatToFp16((float) number));
            case BFLOAT16 -> bytes.putShort(index * 2, Fp16Conversions.floatToBf16((float) number));
            case INT8, UINT8 -> bytes.put(index, (byte) (long) number);
            case INT16, UINT16 -> bytes.putShort(index * 2, (short) (long) number);
            case INT32, UINT32 -> bytes.putInt(index * 4, (int) (long) number);
            case INT64, UINT64 -> bytes.putLong(index * 8, (long) number);
            case BOOL -> bytes.put(index, (byte) (number == 0 ? 0 : 1));
            default -> throw new IllegalStateException(type + " has no numbers");
        }
    }

    /** The same numbers in another type; this value itself when the type is the same. Integers keep their low bits. */
    public Value as(DataType target) {
        if (target == type) {
            return this;
        }
        var converted = zeros(target, dims);
        boolean whole = !type.isFloatingPoint() && !target.isFloatingPoint();
        int size = Math.toIntExact(size());
        var longs = whole ? longs() : LongBuffer.allocate(0);
        for (int i = 0; i < size; i++) {
            if (whole && (target == DataType.INT64 || target == DataType.UINT64)) {
                converted.bytes.putLong(i * 8, longs.get(i));
            } else {
                converted.put(i, number(i));
            }
        }
        return converted;
    }

    /** Rows {@code [from, to)} of the first axis, a view. */
    public Value rows(long from, long to) {
        if (dims.length == 0 || from < 0 || from > to || to > dims[0]) {
            throw new IndexOutOfBoundsException("rows [" + from + ", " + to + ") of " + describe());
        }
        var part = dims.clone();
        part[0] = to - from;
        int rowBytes = dims[0] == 0 ? 0 : Math.toIntExact(bytes.capacity() / dims[0]);
        var view = bytes.slice(Math.toIntExact(from * rowBytes), Math.toIntExact((to - from) * rowBytes));
        return new Value(type, part, view.order(ByteOrder.nativeOrder()));
    }

    /** The same bytes elsewhere. */
    public Value copy() {
        var copy = zeros(type, dims);
        copy.bytes().put(bytes());
        return copy;
    }

    /** The same bytes under other dims, a view. */
    public Value reshaped(long... shape) {
        if (elements(shape) != size()) {
            throw new IllegalArgumentException(describe() + " as " + Arrays.toString(shape));
        }
        return new Value(type, shape.clone(), bytes);
    }

    /**
     * The values one after the other along the first axis, a copy; the only value itself when there is one.
     *
     * @throws IllegalArgumentException if they differ in type or in dims behind the first
     */
    public static Value concatenate(List<Value> parts) {
        var first = parts.get(0);
        if (parts.size() == 1) {
            return first;
        }
        var dims = first.dims();
        dims[0] = 0;
        for (var part : parts) {
            if (part.type != first.type || !Arrays.equals(part.dims, 1, part.rank(), dims, 1, dims.length)) {
                throw new IllegalArgumentException(part.describe() + " behind " + first.describe());
            }
            dims[0] += part.dims[0];
        }
        var all = zeros(first.type, dims);
        var target = all.bytes();
        parts.forEach(part -> target.put(part.bytes()));
        return all;
    }

    /** {@code float[1, 3, 224, 224]}. */
    public String describe() {
        return type.name().toLowerCase(Locale.ROOT) + Arrays.toString(dims);
    }

    @Override
    public String toString() {
        return describe();
    }

    static long elements(long[] dims) {
        long elements = 1;
        for (long dim : dims) {
            if (dim < 0) {
                throw new IllegalArgumentException("negative size in " + Arrays.toString(dims));
            }
            elements = Math.multiplyExact(elements, dim);
        }
        return elements;
    }

    private static double unsigned(long bits) {
        return bits >= 0 ? bits : ((bits >>> 1) | (bits & 1)) * 2.0;
    }
}
