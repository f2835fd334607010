package dev.millrace.engine.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import dev.millrace.engine.Value;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.script.TorchType;
import java.nio.ByteBuffer;

/** Our values as DJL's arrays and back, without copying where the types are the same. */
public final class TorchValues {
    private TorchValues() {}

    /**
     * An array over the value's memory, in the type that the script takes: bfloat16, which DJL cannot carry, as float.
     *
     * @throws RefusedException {@code TYPE_UNSUPPORTED} if it is no number
     */
    public static PtNDArray array(PtNDManager scope, String name, Value value, boolean differentiable) {
        var exact = TorchType.of(value.type(), "input '" + name + "'");
        boolean asFloat = exact == TorchType.BFLOAT16 || (differentiable && exact == TorchType.FLOAT16);
        var type = asFloat ? TorchType.FLOAT32 : exact;
        var converted = value.as(type.dataType());
        var shape = new Shape(value.dims());
        return converted.size() == 0
                ? (PtNDArray) scope.zeros(shape, djl(type))
                : scope.create(converted.bytes(), shape, djl(type));
    }

    /** A view of a result; valid until the array is closed. */
    public static Value value(NDArray array) {
        var type = onnx(array.getDataType());
        var dims = array.getShape().getShape();
        if (array.size() == 0) {
            return Value.zeros(type, dims);
        }
        var bytes = array.toByteBuffer(true);
        return bytes.isDirect() ? Value.of(type, dims, bytes) : copy(type, dims, bytes);
    }

    private static Value copy(DataType type, long[] dims, ByteBuffer bytes) {
        var value = Value.zeros(type, dims);
        value.bytes().put(bytes);
        return value;
    }

    private static ai.djl.ndarray.types.DataType djl(TorchType type) {
        return switch (type) {
            case UINT8 -> ai.djl.ndarray.types.DataType.UINT8;
            case INT8 -> ai.djl.ndarray.types.DataType.INT8;
            case INT32 -> ai.djl.ndarray.types.DataType.INT32;
            case INT64 -> ai.djl.ndarray.types.DataType.INT64;
            case FLOAT16 -> ai.djl.ndarray.types.DataType.FLOAT16;
            case FLOAT32 -> ai.djl.ndarray.types.DataType.FLOAT32;
            case FLOAT64 -> ai.djl.ndarray.types.DataType.FLOAT64;
            case BOOL -> ai.djl.ndarray.types.DataType.BOOLEAN;
            case BFLOAT16 -> throw new IllegalArgumentException("DJL carries no bfloat16");
        };
    }

    private static DataType onnx(ai.djl.ndarray.types.DataType type) {
        return switch (type) {
            case UINT8 -> DataType.UINT8;
            case INT8 -> DataType.INT8;
            case INT32 -> DataType.INT32;
            case INT64 -> DataType.INT64;
            case FLOAT16 -> DataType.FLOAT16;
            case FLOAT32 -> DataType.FLOAT;
            case FLOAT64 -> DataType.DOUBLE;
            case BOOLEAN -> DataType.BOOL;
            default -> throw new IllegalStateException(type + " came out of a script");
        };
    }
}
