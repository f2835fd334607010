package dev.millrace.standalone.demo;

import java.util.Random;

/**
 * A weight tensor with its gradient, trained by Adam (Kingma and Ba, 2015, <a
 * href="https://arxiv.org/abs/1412.6980">arXiv:1412.6980</a>).
 */
final class Parameter {
    private static final float MOMENTUM = 0.9f;
    private static final float SCALE = 0.999f;
    private static final float EPSILON = 1e-8f;

    final long[] shape;
    final float[] value;
    /** Summed over the samples since the last {@link #step}. */
    final float[] gradient;

    private final float[] mean;
    private final float[] square;
    private int steps;

    private Parameter(long... shape) {
        this.shape = shape;
        int size = 1;
        for (long dim : shape) {
            size = Math.multiplyExact(size, Math.toIntExact(dim));
        }
        value = new float[size];
        gradient = new float[size];
        mean = new float[size];
        square = new float[size];
    }

    static Parameter zeros(long... shape) {
        return new Parameter(shape);
    }

    /** Normal with variance 2 / fan-in, for layers before a ReLU (He et al., 2015, arXiv:1502.01852). */
    static Parameter he(Random random, long... shape) {
        var parameter = new Parameter(shape);
        double deviation = StrictMath.sqrt(2.0 * shape[0] / parameter.value.length);
        for (int i = 0; i < parameter.value.length; i++) {
            parameter.value[i] = (float) (random.nextGaussian() * deviation);
        }
        return parameter;
    }

    /** Moves against the mean gradient of {@code samples} samples and clears it. */
    void step(float learningRate, int samples) {
        steps++;
        float meanBias = 1 - (float) StrictMath.pow(MOMENTUM, steps);
        float squareBias = 1 - (float) StrictMath.pow(SCALE, steps);
        for (int i = 0; i < value.length; i++) {
            float slope = gradient[i] / samples;
            mean[i] += (1 - MOMENTUM) * (slope - mean[i]);
            square[i] += (1 - SCALE) * (slope * slope - square[i]);
            value[i] -=
                    learningRate * (mean[i] / meanBias) / ((float) StrictMath.sqrt(square[i] / squareBias) + EPSILON);
            gradient[i] = 0;
        }
    }
}
