package dev.millrace.onnx;

import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Element types of tensors, with the numbers of {@code TensorProto.DataType}. */
public enum DataType {
    /** No type, or one newer than this list; {@link Tensor#typeCode()} keeps the number. */
    UNDEFINED(0, 0),
    FLOAT(1, 32),
    UINT8(2, 8),
    INT8(3, 8),
    UINT16(4, 16),
    INT16(5, 16),
    INT32(6, 32),
    INT64(7, 64),
    /** Strings; they have no fixed size. */
    STRING(8, 0),
    BOOL(9, 8),
    FLOAT16(10, 16),
    DOUBLE(11, 64),
    UINT32(12, 32),
    UINT64(13, 64),
    COMPLEX64(14, 64),
    COMPLEX128(15, 128),
    BFLOAT16(16, 16),
    FLOAT8E4M3FN(17, 8),
    FLOAT8E4M3FNUZ(18, 8),
    FLOAT8E5M2(19, 8),
    FLOAT8E5M2FNUZ(20, 8),
    UINT4(21, 4),
    INT4(22, 4),
    FLOAT4E2M1(23, 4),
    FLOAT8E8M0(24, 8),
    UINT2(25, 2),
    INT2(26, 2),
    FLOAT6E2M3(27, 6),
    FLOAT6E3M2(28, 6);

    private static final Map<Integer, DataType> BY_CODE =
            Arrays.stream(values()).collect(Collectors.toMap(DataType::code, Function.identity()));

    private final int code;
    private final int bits;

    DataType(int code, int bits) {
        this.code = code;
        this.bits = bits;
    }

    /** The type with that number, {@link #UNDEFINED} for numbers not listed. */
    public static DataType of(int code) {
        return BY_CODE.getOrDefault(code, UNDEFINED);
    }

    /** Number in the file. */
    public int code() {
        return code;
    }

    /** Bits of an element; 0 where elements have no fixed size. */
    public int bits() {
        return bits;
    }

    /**
     * Bytes of so many elements; types below a byte are packed, the last byte padded.
     *
     * @throws ArithmeticException if the result exceeds {@link Long#MAX_VALUE}
     */
    public long sizeBytes(long elements) {
        return bits % 8 == 0
                ? Math.multiplyExact(elements, bits / 8)
                : Math.addExact(Math.multiplyExact(elements, bits), 7) / 8;
    }

    /** Float, double, float16 or bfloat16: what weights are stored in before quantization. */
    public boolean isFloatingPoint() {
        return this == FLOAT || this == DOUBLE || this == FLOAT16 || this == BFLOAT16;
    }

    /** Signed or unsigned integers of 2 to 64 bits. */
    public boolean isInteger() {
        return switch (this) {
            case UINT8, INT8, UINT16, INT16, INT32, INT64, UINT32, UINT64, UINT4, INT4, UINT2, INT2 -> true;
            default -> false;
        };
    }
}
