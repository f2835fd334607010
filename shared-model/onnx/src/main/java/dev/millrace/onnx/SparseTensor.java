package dev.millrace.onnx;

import ai.onnx.proto.OnnxMl.SparseTensorProto;
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
}
