package dev.millrace.engine.train;

import dev.millrace.engine.Value;
import dev.millrace.engine.data.Batch;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.BiFunction;

/**
 * Changes training data a little each time it is seen, so that a model learns what stays. The changes follow from seed, epoch
 * and batch alone, and are made on the thread that reads ahead.
 *
 * <p>Pictures are float inputs with four axes; their channels are the second axis, or the last where that has at most four and
 * the second has more.
 *
 * @param crop pixels by which a picture is shifted at most, up, down and to the sides; its border fills the gap
 * @param flip whether half of the pictures are mirrored left to right
 * @param noise standard deviation of normal noise on float inputs, in their own unit
 * @param mixUp α of the Beta distribution that a share λ is drawn from for each batch: every row becomes λ of itself and
 *     1 − λ of another, labels and teachers' answers too (Zhang et al., "mixup: Beyond Empirical Risk Minimization", 2018); 0
 *     mixes nothing. Class numbers become probabilities
 */
public record Augmentation(int crop, boolean flip, double noise, double mixUp) {
    public static final Augmentation NONE = new Augmentation(0, false, 0, 0);

    private static final int MOST_CHANNELS = 4;

    public Augmentation {
        if (crop < 0 || !(noise >= 0) || !(mixUp >= 0 && mixUp <= MOST_MIXED)) {
            throw new IllegalArgumentException("crop " + crop + ", noise " + noise + ", mixUp " + mixUp
                    + ": at least 0, and mixUp at most " + MOST_MIXED);
        }
    }

    /** Above it nearly every share is a half. */
    private static final int MOST_MIXED = 4;

    /** The same data, changed. */
    public TrainingData of(TrainingData data, long seed) {
        return equals(NONE)
                ? data
                : new TrainingData() {
                    @Override
                    public Iterable<Batch> epoch(long number) {
                        return () -> changed(data.epoch(number).iterator(), new Random(seed * 31 + number).nextLong());
                    }

                    @Override
                    public long batches() throws IOException {
                        return data.batches();
                    }
                };
    }

    private Iterator<Batch> changed(Iterator<Batch> batches, long seed) {
        return new Iterator<>() {
            private long number;

            @Override
            public boolean hasNext() {
                return batches.hasNext();
            }

            @Override
            public Batch next() {
                return changed(batches.next(), new Random(seed + 0x9E3779B97F4A7C15L * number++));
            }
        };
    }

    private Batch changed(Batch batch, Random random) {
        var changed = withFeed(batch, (name, value) -> value.type() == DataType.FLOAT ? changed(value, random) : value);
        if (mixUp == 0 || batch.rows() < 2) {
            return changed;
        }
        requireMixable(batch);
        var mix = new Mix(share(random), 1 + random.nextInt(batch.rows() - 1), batch.rows());
        var labels = changed.labels();
        var targets = new LinkedHashMap<>(changed.expected());
        targets.replaceAll((name, value) -> mix.of(value));
        var mixed = withFeed(changed, (name, value) -> mix.of(value));
        return new Batch(
                mixed.feed(),
                batch.rows(),
                labels == null ? null : mix.of(isClasses(labels) ? probabilities(labels) : labels),
                batch.rowsPerLabel(),
                targets,
                batch.where());
    }

    private static void requireMixable(Batch batch) {
        batch.feed().forEach((name, value) -> {
            if (value.type() != DataType.FLOAT) {
                throw new RefusedException(
                        "MIXUP_IMPOSSIBLE",
                        batch.where(),
                        "input '" + name + "' of " + value.type(),
                        "float inputs only");
            }
        });
        if (batch.rowsPerLabel() != 1) {
            throw new RefusedException(
                    "MIXUP_IMPOSSIBLE",
                    batch.where(),
                    batch.rowsPerLabel() + " rows for a label",
                    "one row for a label");
        }
    }

    private static Batch withFeed(Batch batch, BiFunction<String, Value, Value> change) {
        Map<String, Value> feed = new LinkedHashMap<>(batch.feed());
        feed.replaceAll(change);
        return new Batch(feed, batch.rows(), batch.labels(), batch.rowsPerLabel(), batch.expected(), batch.where());
    }

    private Value changed(Value value, Random random) {
        var changed = value.rank() == 4 && (crop > 0 || flip) ? moved(value, random) : value.copy();
        if (noise > 0) {
            var numbers = changed.floats();
            for (int i = 0; i < numbers.capacity(); i++) {
                numbers.put(i, (float) (numbers.get(i) + noise * random.nextGaussian()));
            }
        }
        return changed;
    }

    private Value moved(Value pictures, Random random) {
        boolean channelsLast = pictures.dim(3) <= MOST_CHANNELS && pictures.dim(1) > MOST_CHANNELS;
        int rows = (int) pictures.dim(0);
        int planes = channelsLast ? 1 : (int) pictures.dim(1);
        int height = (int) pictures.dim(channelsLast ? 1 : 2);
        int width = (int) pictures.dim(channelsLast ? 2 : 3);
        int depth = channelsLast ? (int) pictures.dim(3) : 1;
        var moved = Value.zeros(DataType.FLOAT, pictures.dims());
        var from = pictures.floats();
        var to = moved.floats();
        for (int row = 0; row < rows; row++) {
            int down = random.nextInt(2 * crop + 1) - crop;
            int right = random.nextInt(2 * crop + 1) - crop;
            boolean mirrored = flip && random.nextBoolean();
            for (int plane = row * planes; plane < (row + 1) * planes; plane++) {
                for (int y = 0; y < height; y++) {
                    int line = (plane * height + within(y - down, height)) * width;
                    for (int x = 0; x < width; x++) {
                        int column = within((mirrored ? width - 1 - x : x) - right, width);
                        copy(from, (line + column) * depth, to, ((plane * height + y) * width + x) * depth, depth);
                    }
                }
            }
        }
        return moved;
    }

    private static int within(int at, int size) {
        return Math.max(0, Math.min(size - 1, at));
    }

    private static void copy(FloatBuffer from, int start, FloatBuffer to, int into, int count) {
        for (int i = 0; i < count; i++) {
            to.put(into + i, from.get(start + i));
        }
    }

    /** A number from Beta(α, α), by Jöhnk's method. */
    private double share(Random random) {
        while (true) {
            double a = Math.pow(random.nextDouble(), 1 / mixUp);
            double b = Math.pow(random.nextDouble(), 1 / mixUp);
            if (a + b > 0 && a + b <= 1) {
                return a / (a + b);
            }
        }
    }

    /** One whole number for each row. */
    private static boolean isClasses(Value labels) {
        return labels.type().isInteger() && labels.size() == labels.dim(0);
    }

    /** A row of probabilities for each class number, as wide as the highest one asks. */
    private static Value probabilities(Value labels) {
        int rows = (int) labels.size();
        int classes = 2;
        for (int row = 0; row < rows; row++) {
            classes = Math.max(classes, 1 + (int) labels.number(row));
        }
        var probabilities = Value.zeros(DataType.FLOAT, rows, classes);
        for (int row = 0; row < rows; row++) {
            if (labels.number(row) >= 0) { // a row without a class has none
                probabilities.floats().put(row * classes + (int) labels.number(row), 1);
            }
        }
        return probabilities;
    }

    /** Share {@code share} of every row, the rest from the row {@code shift} further on. */
    private record Mix(double share, int shift, int rows) {
        Value of(Value value) {
            if (value.rank() == 0 || value.dim(0) < rows) {
                return value;
            }
            var mixed = Value.of(floats(value), value.dims());
            int width = (int) (value.size() / value.dim(0));
            var from = value.floats();
            var to = mixed.floats();
            for (int row = 0; row < rows; row++) {
                int other = (row + shift) % rows;
                for (int i = 0; i < width; i++) {
                    to.put(row * width + i, (float)
                            (share * from.get(row * width + i) + (1 - share) * from.get(other * width + i)));
                }
            }
            return mixed;
        }

        private static float[] floats(Value value) {
            var floats = new float[(int) value.size()];
            value.floats().get(floats);
            return floats;
        }
    }
}
