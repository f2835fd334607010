package dev.millrace.onnx;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Conversion between element types and Java's numbers; no tensors here, only bytes. */
final class Numbers {
    private Numbers() {}

    /**
     * Decodes elements to float.
     *
     * @param bytes little-endian elements from its position on
     * @throws IllegalArgumentException if the type has no numbers (strings, complex, unknown)
     */
    static float[] floats(DataType type, ByteBuffer bytes, int count) {
        var from = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        var into = new float[count];
        switch (type) {
            case FLOAT -> from.asFloatBuffer().get(into);
            case DOUBLE -> {
                for (int i = 0; i < count; i++) {
                    into[i] = (float) from.getDouble();
                }
            }
            case FLOAT16 -> {
                for (int i = 0; i < count; i++) {
                    into[i] = halfToFloat(from.getShort());
                }
            }
            case BFLOAT16 -> {
                for (int i = 0; i < count; i++) {
                    into[i] = Float.intBitsToFloat(from.getShort() << 16);
                }
            }
            case FLOAT8E4M3FN, FLOAT8E4M3FNUZ, FLOAT8E5M2, FLOAT8E5M2FNUZ, FLOAT8E8M0 -> {
                for (int i = 0; i < count; i++) {
                    into[i] = eightBitsToFloat(type, from.get() & 0xff);
                }
            }
            case FLOAT4E2M1 -> {
                for (int i = 0; i < count; i++) {
                    into[i] = fourBitsToFloat(packed(from, i, 4));
                }
            }
            default -> {
                var integers = longs(type, bytes, count);
                for (int i = 0; i < count; i++) {
                    into[i] = type == DataType.UINT64 ? unsignedToFloat(integers[i]) : integers[i];
                }
            }
        }
        return into;
    }

    /**
     * Decodes integer elements; booleans become 0 and 1, uint64 keeps its bits.
     *
     * @throws IllegalArgumentException if the type is no integer
     */
    static long[] longs(DataType type, ByteBuffer bytes, int count) {
        var from = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        var into = new long[count];
        for (int i = 0; i < count; i++) {
            into[i] = switch (type) {
                case INT64, UINT64 -> from.getLong();
                case INT32 -> from.getInt();
                case UINT32 -> from.getInt() & 0xffffffffL;
                case INT16 -> from.getShort();
                case UINT16 -> from.getShort() & 0xffff;
                case INT8 -> from.get();
                case UINT8, BOOL -> from.get() & 0xff;
                case UINT4 -> packed(from, i, 4);
                case INT4 -> (packed(from, i, 4) ^ 8) - 8;
                case UINT2 -> packed(from, i, 2);
                case INT2 -> (packed(from, i, 2) ^ 2) - 2;
                default -> throw new IllegalArgumentException(type + " elements are not integers");
            };
        }
        return into;
    }

    /**
     * Encodes floats, rounding to nearest even.
     *
     * @throws IllegalArgumentException if the type is not float, double, float16 or bfloat16
     */
    static ByteBuffer encode(DataType type, float[] values) {
        var into = ByteBuffer.allocate(Math.toIntExact(type.sizeBytes(values.length)))
                .order(ByteOrder.LITTLE_ENDIAN);
        switch (type) {
            case FLOAT -> into.asFloatBuffer().put(values);
            case DOUBLE -> {
                for (var value : values) {
                    into.putDouble(value);
                }
            }
            case FLOAT16 -> {
                for (var value : values) {
                    into.putShort(floatToHalf(value));
                }
            }
            case BFLOAT16 -> {
                for (var value : values) {
                    into.putShort(floatToBfloat16(value));
                }
            }
            default -> throw new IllegalArgumentException("floats are not stored as " + type);
        }
        return into.rewind();
    }

    /**
     * Encodes integers, low bits kept.
     *
     * @throws IllegalArgumentException if the type is no integer
     */
    static ByteBuffer encode(DataType type, long[] values) {
        if (!type.isInteger()) {
            throw new IllegalArgumentException("integers are not stored as " + type);
        }
        var into = ByteBuffer.allocate(Math.toIntExact(type.sizeBytes(values.length)))
                .order(ByteOrder.LITTLE_ENDIAN);
        int bits = type.bits();
        for (int i = 0; i < values.length; i++) {
            if (bits < 8) {
                int at = i * bits / 8;
                long element = values[i] & ((1L << bits) - 1);
                into.put(at, (byte) (into.get(at) | (element << (i * bits % 8))));
            } else {
                for (int k = 0; k < bits / 8; k++) {
                    into.put((byte) (values[i] >> (8 * k)));
                }
            }
        }
        return into.rewind();
    }

    /** Element {@code index} of a packed array; the first element is in the lowest bits. */
    private static int packed(ByteBuffer from, int index, int bits) {
        int perByte = 8 / bits;
        int shift = index % perByte * bits;
        return (from.get(from.position() + index / perByte) >> shift) & ((1 << bits) - 1);
    }

    static float halfToFloat(short half) {
        int exponent = half >> 10 & 0x1f;
        int mantissa = half & 0x3ff;
        float magnitude;
        if (exponent == 0) {
            magnitude = mantissa * 0x1p-24f;
        } else if (exponent == 31) {
            magnitude = mantissa == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
        } else {
            magnitude = Float.intBitsToFloat(((exponent + 112) << 23) | (mantissa << 13));
        }
        return half < 0 ? -magnitude : magnitude;
    }

    static short floatToHalf(float value) {
        int bits = Float.floatToRawIntBits(value);
        int sign = bits >>> 16 & 0x8000;
        int magnitude = bits & 0x7fffffff;
        if (magnitude > 0x7f800000) {
            return (short) (sign | 0x7e00);
        }
        if (magnitude >= 0x477ff000) { // 65520 and above round to infinity
            return (short) (sign | 0x7c00);
        }
        if (magnitude < 0x38800000) { // below 2^-14: subnormal, adding 0.5 rounds at the right bit
            int subnormal = Float.floatToRawIntBits(Math.abs(value) + 0.5f) - 0x3f000000;
            return (short) (sign | subnormal);
        }
        int rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
        return (short) (sign | ((rounded - (112 << 23)) >>> 13));
    }

    static short floatToBfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) (bits >>> 16 | 0x40);
        }
        return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
    }

    private static float unsignedToFloat(long bits) {
        return bits >= 0 ? bits : ((bits >>> 1) | (bits & 1)) * 2f;
    }

    private static float fourBitsToFloat(int bits) {
        float[] magnitudes = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6};
        return bits < 8 ? magnitudes[bits] : -magnitudes[bits - 8];
    }

    /** The formats of "FP8 Formats for Deep Learning" (Micikevicius et al., 2022) and of the OCP MX specification. */
    private static float eightBitsToFloat(DataType type, int bits) {
        if (type == DataType.FLOAT8E8M0) {
            return bits == 0xff ? Float.NaN : (float) Math.scalb(1.0, bits - 127);
        }
        boolean fourExponentBits = type == DataType.FLOAT8E4M3FN || type == DataType.FLOAT8E4M3FNUZ;
        boolean unsignedZero = type == DataType.FLOAT8E4M3FNUZ || type == DataType.FLOAT8E5M2FNUZ;
        if (unsignedZero && bits == 0x80) {
            return Float.NaN;
        }
        int mantissaBits = fourExponentBits ? 3 : 2;
        int magnitude = bits & 0x7f;
        int exponent = magnitude >> mantissaBits;
        int mantissa = magnitude & ((1 << mantissaBits) - 1);
        if (type == DataType.FLOAT8E4M3FN && magnitude == 0x7f) {
            return Float.NaN;
        }
        if (type == DataType.FLOAT8E5M2 && exponent == 31) {
            float special = mantissa == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
            return bits > 0x7f ? -special : special;
        }
        int bias = (fourExponentBits ? 7 : 15) + (unsignedZero ? 1 : 0);
        float value = exponent == 0
                ? Math.scalb((float) mantissa, 1 - bias - mantissaBits)
                : Math.scalb((float) (mantissa | (1 << mantissaBits)), exponent - bias - mantissaBits);
        return bits > 0x7f ? -value : value;
    }
}
