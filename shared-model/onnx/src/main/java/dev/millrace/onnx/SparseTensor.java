package dev.millrace.onnx;

import ai.onnx.proto.OnnxMl.SparseTensorProto;
import java.nio.ByteBuffer;
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

    public String name() {
        return values.name();
    }

    /** The same tensor with its zeros stored; made when it is read. */
    public Tensor dense() {
        long[] shape = dims.stream().mapToLong(Long::longValue).toArray();
        return Tensor.of(name(), values.type(), TensorData.computed(() -> scatter(shape)), shape);
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
