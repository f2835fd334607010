package dev.millrace.onnx.script;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.TensorData;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Element types that values are computed in. Unsigned types that libtorch has no arithmetic for, and int16, which DJL's JNI
 * layer ends the process on, become the next wider signed one; types below a byte become a byte.
 */
public enum TorchType {
    UINT8(0, "ByteStorage", DataType.UINT8),
    INT8(1, "CharStorage", DataType.INT8),
    INT32(3, "IntStorage", DataType.INT32),
    INT64(4, "LongStorage", DataType.INT64),
    FLOAT16(5, "HalfStorage", DataType.FLOAT16),
    FLOAT32(6, "FloatStorage", DataType.FLOAT),
    FLOAT64(7, "DoubleStorage", DataType.DOUBLE),
    BOOL(11, "BoolStorage", DataType.BOOL),
    BFLOAT16(15, "BFloat16Storage", DataType.BFLOAT16);

    private final int code;
    private final String storage;
    private final DataType type;

    TorchType(int code, String storage, DataType type) {
        this.code = code;
        this.storage = storage;
        this.type = type;
    }

    /**
     * The type that values of an ONNX type are computed in.
     *
     * @throws RefusedException {@code TYPE_UNSUPPORTED} for strings, complex numbers and types of the future
     */
    public static TorchType of(DataType type, String where) {
        return switch (type) {
            case UINT8, UINT4, UINT2 -> UINT8;
            case INT8, INT4, INT2 -> INT8;
            case INT32, INT16, UINT16 -> INT32;
            case INT64, UINT32, UINT64 -> INT64;
            case FLOAT16 -> FLOAT16;
            case FLOAT, FLOAT8E4M3FN, FLOAT8E4M3FNUZ, FLOAT8E5M2, FLOAT8E5M2FNUZ, FLOAT8E8M0, FLOAT4E2M1 -> FLOAT32;
            case DOUBLE -> FLOAT64;
            case BOOL -> BOOL;
            case BFLOAT16 -> BFLOAT16;
            default -> throw new RefusedException("TYPE_UNSUPPORTED", where, type.name(), "numbers and booleans");
        };
    }

    /** Whether values of an ONNX type, and not only constants of it, have all their numbers in the type they are computed in. */
    static boolean computes(DataType type) {
        return switch (type) {
            case FLOAT, DOUBLE, FLOAT16, BFLOAT16, BOOL -> true;
            case INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64 -> true;
            default -> false;
        };
    }

    /** Number in TorchScript, {@code torch.to(x, 6)}. */
    public int code() {
        return code;
    }

    String storage() {
        return storage;
    }

    /** The ONNX type of the same bytes. */
    public DataType dataType() {
        return type;
    }

    /** A tensor's data in this type; the file's own bytes where that is its type. */
    TensorData convert(Tensor tensor) {
        if (tensor.type() == type) {
            return tensor.data();
        }
        return TensorData.computed(() -> converted(tensor));
    }

    private ByteBuffer converted(Tensor tensor) {
        if (type.isFloatingPoint()) {
            return Tensor.floats("", type, tensor.floats(), tensor.dims()).bytes();
        }
        var numbers = tensor.longs();
        var bytes = ByteBuffer.allocate(Math.toIntExact(type.sizeBytes(numbers.length)))
                .order(ByteOrder.LITTLE_ENDIAN);
        for (long number : numbers) {
            switch (this) {
                case INT64 -> bytes.putLong(number);
                case INT32 -> bytes.putInt((int) number);
                default -> bytes.put((byte) number);
            }
        }
        return bytes.rewind();
    }
}
