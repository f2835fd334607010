package dev.millrace.onnx.gate;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.SparseTensor;
import dev.millrace.onnx.Tensor;
import java.util.Arrays;

/** Stored tensors: known type, sane dimensions, and exactly the bytes that the dimensions need. */
final class TensorCheck {
    private final Limits limits;

    TensorCheck(Limits limits) {
        this.limits = limits;
    }

    void check(Tensor tensor) {
        long elements = elements(tensor.name(), tensor.dims());
        if (tensor.type() == DataType.UNDEFINED) {
            throw refused("TENSOR_TYPE", tensor.name(), "element type " + tensor.typeCode(), "a type of ONNX 1.23");
        }
        if (tensor.type() == DataType.STRING) {
            if (tensor.strings().size() != elements) {
                throw refused(
                        "TENSOR_SIZE",
                        tensor.name(),
                        tensor.strings().size() + " strings",
                        elements + " for its shape");
            }
            return;
        }
        long bytes = bytes(tensor, elements);
        if (bytes > limits.valueBytes()) {
            throw refused("TENSOR_TOO_LARGE", tensor.name(), bytes + " bytes", "at most " + limits.valueBytes());
        }
        if (tensor.sizeBytes() != bytes) {
            throw refused(
                    "TENSOR_SIZE",
                    tensor.name(),
                    tensor.sizeBytes() + " bytes of data",
                    "%d bytes for %s%s".formatted(bytes, tensor.type(), Arrays.toString(tensor.dims())));
        }
    }

    /** Indices must be inside, ascending and as many as values: native code writes where they point. */
    void check(SparseTensor sparse) {
        check(sparse.values());
        check(sparse.indices());
        long[] dims = sparse.dims().stream().mapToLong(Long::longValue).toArray();
        long elements = elements(sparse.name(), dims);
        if (elements > limits.valueBytes() / Math.max(1, sparse.values().type().bits() / 8)) {
            throw refused("TENSOR_TOO_LARGE", sparse.name(), elements + " elements when dense", "fewer");
        }
        boolean linear = sparse.indices().rank() == 1;
        boolean coordinates = sparse.indices().rank() == 2 && sparse.indices().dim(1) == dims.length;
        boolean shaped = sparse.values().rank() == 1
                && sparse.indices().type() == DataType.INT64
                && (linear || coordinates)
                && sparse.indices().dim(0) == sparse.values().dim(0);
        if (!shaped) {
            throw refused(
                    "SPARSE_INDICES",
                    sparse.name(),
                    "values " + sparse.values() + ", indices " + sparse.indices(),
                    "one int64 index, or one per axis, for each value");
        }
        long previous = -1;
        var indices = sparse.indices().longs();
        int step = linear ? 1 : dims.length;
        for (int i = 0; i < indices.length; i += step) {
            long position = linear ? indices[i] : position(sparse.name(), indices, i, dims);
            if (position <= previous || position >= elements) {
                throw refused(
                        "SPARSE_INDICES",
                        sparse.name(),
                        "position " + position + " after " + previous,
                        "ascending and below " + elements);
            }
            previous = position;
        }
    }

    private static long position(String name, long[] indices, int first, long[] dims) {
        long position = 0;
        for (int axis = 0; axis < dims.length; axis++) {
            long index = indices[first + axis];
            if (index < 0 || index >= dims[axis]) {
                throw refused("SPARSE_INDICES", name, "index " + index + " on axis " + axis, "0.." + (dims[axis] - 1));
            }
            position = position * dims[axis] + index;
        }
        return position;
    }

    private long elements(String name, long[] dims) {
        if (dims.length > limits.rank()) {
            throw refused("TENSOR_RANK", name, dims.length + " axes", "at most " + limits.rank());
        }
        long elements = 1;
        try {
            for (var dim : dims) {
                if (dim < 0) {
                    throw refused("TENSOR_DIMS", name, Arrays.toString(dims), "no negative dimension");
                }
                elements = Math.multiplyExact(elements, dim);
            }
        } catch (ArithmeticException e) {
            throw refused("TENSOR_DIMS", name, Arrays.toString(dims), "a product within 63 bits");
        }
        return elements;
    }

    private static long bytes(Tensor tensor, long elements) {
        try {
            return tensor.type().sizeBytes(elements);
        } catch (ArithmeticException e) {
            throw refused("TENSOR_DIMS", tensor.name(), Arrays.toString(tensor.dims()), "a size within 63 bits");
        }
    }

    private static RefusedException refused(String code, String name, String found, String allowed) {
        return new RefusedException(code, "tensor '" + name + "'", found, allowed);
    }
}
