package dev.millrace.quantization;

import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.TensorData;
import java.nio.ByteBuffer;

/**
 * A weight as signed integers, zero at zero: {@code w ≈ scale[c]·q}. The integers are made when they are written.
 *
 * @param values the integers, in the weight's own shape
 * @param scales one per channel, or one
 * @param axis axis of the channels; −1 for one scale
 */
@SuppressWarnings("ArrayRecordComponent") // a carrier, not to be compared
record Int8Weight(Tensor values, float[] scales, int axis) {
    static final int LARGEST = 127;

    /** Below this a channel is dead; products with activation scales must stay normal numbers. */
    static final float SMALLEST_SCALE = 1e-12f;

    /**
     * Rounds to nearest.
     *
     * @param axis axis with a scale of its own for each index; −1 for one scale
     * @param leastScales scales may not be smaller than these, one per channel; empty means no such limit
     */
    static Int8Weight of(Tensor weight, int axis, float[] leastScales) {
        var floats = weight.floats();
        int channels = axis < 0 ? 1 : (int) weight.dim(axis);
        int inner = axis < 0 ? floats.length : inner(weight, axis);
        var scales = scales(floats, channels, inner);
        for (int c = 0; c < leastScales.length; c++) {
            scales[c] = Math.max(scales[c], leastScales[c]);
        }
        var data = TensorData.computed(() -> ByteBuffer.wrap(rounded(weight.floats(), scales, inner)));
        return new Int8Weight(Tensor.of(weight.name() + "_int8", DataType.INT8, data, weight.dims()), scales, axis);
    }

    /** Rounds in steps that are given; up to 4 bits two integers share a byte. */
    static Int8Weight of(Tensor weight, WeightSteps steps) {
        boolean packed = steps.bits() <= 4;
        var type = packed ? DataType.INT4 : DataType.INT8;
        var data = TensorData.computed(() -> {
            var integers = rounded(weight.floats(), steps, steps.axis() < 0 ? 1 : inner(weight, steps.axis()));
            return ByteBuffer.wrap(packed ? inHalfBytes(integers) : integers);
        });
        var name = weight.name() + (packed ? "_int4" : "_int8");
        return new Int8Weight(Tensor.of(name, type, data, weight.dims()), steps.scales(), steps.axis());
    }

    private static byte[] rounded(float[] floats, WeightSteps steps, int inner) {
        var quantized = new byte[floats.length];
        for (int i = 0; i < floats.length; i++) {
            quantized[i] = (byte) steps.rounded(floats[i], steps.scales()[i / inner % steps.scales().length]);
        }
        return quantized;
    }

    /** The first of two in the low half. */
    private static byte[] inHalfBytes(byte[] integers) {
        var packed = new byte[(integers.length + 1) / 2];
        for (int i = 0; i < integers.length; i++) {
            packed[i / 2] |= (byte) ((integers[i] & 0xf) << (4 * (i % 2)));
        }
        return packed;
    }

    private static byte[] rounded(float[] floats, float[] scales, int inner) {
        var quantized = new byte[floats.length];
        for (int start = 0, run = 0; start < floats.length; start += inner, run++) {
            float inverse = 1 / scales[run % scales.length];
            for (int i = start; i < start + inner; i++) {
                int q = Math.round(floats[i] * inverse);
                quantized[i] = (byte) Math.min(LARGEST, Math.max(-LARGEST, q));
            }
        }
        return quantized;
    }

    /** A dead channel gets the scale of the whole tensor: any scale is right for zeros, but not one that overflows. */
    static float[] scales(float[] floats, int channels, int inner) {
        var magnitudes = new float[channels];
        float most = 0;
        for (int start = 0, run = 0; start < floats.length; start += inner, run++) {
            float magnitude = magnitudes[run % channels];
            for (int i = start; i < start + inner; i++) {
                magnitude = Math.max(magnitude, Math.abs(floats[i]));
            }
            magnitudes[run % channels] = magnitude;
            most = Math.max(most, magnitude);
        }
        float whole = most / LARGEST > SMALLEST_SCALE ? most / LARGEST : 1;
        for (int c = 0; c < channels; c++) {
            float scale = magnitudes[c] / LARGEST;
            magnitudes[c] = scale > SMALLEST_SCALE ? scale : whole;
        }
        return magnitudes;
    }

    /** Elements between one index of the axis and the next. */
    static int inner(Tensor weight, int axis) {
        long inner = 1;
        for (int i = axis + 1; i < weight.rank(); i++) {
            inner *= weight.dim(i);
        }
        return (int) inner;
    }
}
