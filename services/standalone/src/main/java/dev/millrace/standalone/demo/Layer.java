package dev.millrace.standalone.demo;

import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** One step of the net, with its derivative. */
sealed interface Layer {
    /** The layer's output for one sample; valid until the next call. */
    float[] forward(float[] x);

    /** Adds to the gradients of the parameters for the sample of the last {@link #forward}; returns that of its input. */
    float[] backward(float[] dy);

    default List<Parameter> parameters() {
        return List.of();
    }

    /** 3×3 convolution that keeps the size: {@code (in, side, side)} to {@code (out, side, side)}, zeros around. */
    final class Conv implements Layer {
        static final int KERNEL = 3;

        final Parameter weights; // (out, in, 3, 3)
        final Parameter bias; // (out)
        private final int side;
        private final int taps; // in * 9
        private final float[] patches; // (taps, side * side)
        private final float[] patchSlopes;

        Conv(int in, int out, int side, Random random) {
            this.side = side;
            taps = in * KERNEL * KERNEL;
            weights = Parameter.he(random, out, in, KERNEL, KERNEL);
            bias = Parameter.zeros(out);
            patches = new float[taps * side * side];
            patchSlopes = new float[taps * side * side];
        }

        @Override
        public float[] forward(float[] x) {
            copyPatches(x);
            int area = side * side;
            float[] y = new float[bias.value.length * area];
            for (int out = 0; out < bias.value.length; out++) {
                Arrays.fill(y, out * area, (out + 1) * area, bias.value[out]);
                for (int tap = 0; tap < taps; tap++) {
                    addScaled(y, out * area, weights.value[out * taps + tap], patches, tap * area, area);
                }
            }
            return y;
        }

        @Override
        public float[] backward(float[] dy) {
            int area = side * side;
            Arrays.fill(patchSlopes, 0);
            for (int out = 0; out < bias.value.length; out++) {
                for (int at = 0; at < area; at++) {
                    bias.gradient[out] += dy[out * area + at];
                }
                for (int tap = 0; tap < taps; tap++) {
                    int weight = out * taps + tap;
                    weights.gradient[weight] += dot(dy, out * area, patches, tap * area, area);
                    addScaled(patchSlopes, tap * area, weights.value[weight], dy, out * area, area);
                }
            }
            return gatherPatches();
        }

        @Override
        public List<Parameter> parameters() {
            return List.of(weights, bias);
        }

        /** Row {@code (channel, ky, kx)} of the patches is the channel moved by {@code (1 - ky, 1 - kx)}. */
        private void copyPatches(float[] x) {
            forEachPatchRow((image, patch, length) -> System.arraycopy(x, image, patches, patch, length));
        }

        private float[] gatherPatches() {
            float[] dx = new float[taps / (KERNEL * KERNEL) * side * side];
            forEachPatchRow((image, patch, length) -> addScaled(dx, image, 1, patchSlopes, patch, length));
            return dx;
        }

        private void forEachPatchRow(PatchRow row) {
            for (int tap = 0; tap < taps; tap++) {
                int channel = tap / (KERNEL * KERNEL);
                int dy = tap / KERNEL % KERNEL - 1;
                int dx = tap % KERNEL - 1;
                for (int y = Math.max(0, -dy); y < Math.min(side, side - dy); y++) {
                    int image = (channel * side + y + dy) * side + Math.max(0, dx);
                    int patch = (tap * side + y) * side + Math.max(0, -dx);
                    row.visit(image, patch, side - Math.abs(dx));
                }
            }
        }

        private interface PatchRow {
            void visit(int image, int patch, int length);
        }
    }

    /** {@code y = W x + b}. */
    final class Dense implements Layer {
        final Parameter weights; // (out, in)
        final Parameter bias; // (out)
        private final int in;
        private float[] input = {};

        Dense(int in, int out, Random random) {
            this.in = in;
            weights = Parameter.he(random, out, in);
            bias = Parameter.zeros(out);
        }

        @Override
        public float[] forward(float[] x) {
            input = x;
            float[] y = bias.value.clone();
            for (int out = 0; out < y.length; out++) {
                y[out] += dot(weights.value, out * in, x, 0, in);
            }
            return y;
        }

        @Override
        public float[] backward(float[] dy) {
            float[] dx = new float[in];
            for (int out = 0; out < dy.length; out++) {
                bias.gradient[out] += dy[out];
                addScaled(weights.gradient, out * in, dy[out], input, 0, in);
                addScaled(dx, 0, dy[out], weights.value, out * in, in);
            }
            return dx;
        }

        @Override
        public List<Parameter> parameters() {
            return List.of(weights, bias);
        }
    }

    /** {@code y = max(x, 0)}. */
    final class Relu implements Layer {
        private float[] output = {};

        @Override
        public float[] forward(float[] x) {
            output = x.clone();
            for (int i = 0; i < output.length; i++) {
                output[i] = Math.max(output[i], 0);
            }
            return output;
        }

        @Override
        public float[] backward(float[] dy) {
            float[] dx = dy.clone();
            for (int i = 0; i < dx.length; i++) {
                dx[i] = output[i] > 0 ? dx[i] : 0;
            }
            return dx;
        }
    }

    /** The largest of each square: {@code (C, side, side)} to {@code (C, side/window, side/window)}. */
    final class MaxPool implements Layer {
        private final int side;
        private final int window;
        private int[] largest = {};
        private int inputSize;

        MaxPool(int side, int window) {
            this.side = side;
            this.window = window;
        }

        @Override
        public float[] forward(float[] x) {
            inputSize = x.length;
            largest = new int[x.length / (window * window)];
            float[] y = new float[largest.length];
            int squares = side / window; // in a row
            for (int i = 0; i < y.length; i++) {
                largest[i] = largest(x, (i / squares) * window * side + (i % squares) * window);
                y[i] = x[largest[i]];
            }
            return y;
        }

        @Override
        public float[] backward(float[] dy) {
            float[] dx = new float[inputSize];
            for (int i = 0; i < dy.length; i++) {
                dx[largest[i]] += dy[i];
            }
            return dx;
        }

        /** Where the largest value of the square with this upper left corner is. */
        private int largest(float[] x, int corner) {
            int best = corner;
            for (int row = 0; row < window; row++) {
                for (int column = 0; column < window; column++) {
                    int candidate = corner + row * side + column;
                    best = x[candidate] > x[best] ? candidate : best;
                }
            }
            return best;
        }
    }

    private static void addScaled(float[] y, int yAt, float scale, float[] x, int xAt, int length) {
        for (int i = 0; i < length; i++) {
            y[yAt + i] += scale * x[xAt + i];
        }
    }

    /** Eight partial sums, so that the compiler can use vector registers and the result does not depend on it. */
    private static float dot(float[] a, int aAt, float[] b, int bAt, int length) {
        float[] sums = new float[8];
        int i = 0;
        for (; i + 8 <= length; i += 8) {
            for (int lane = 0; lane < 8; lane++) {
                sums[lane] += a[aAt + i + lane] * b[bAt + i + lane];
            }
        }
        float sum = 0;
        for (float lane : sums) {
            sum += lane;
        }
        for (; i < length; i++) {
            sum += a[aAt + i] * b[bAt + i];
        }
        return sum;
    }
}
