package dev.millrace.engine.metric;

import dev.millrace.engine.Value;
import dev.millrace.engine.data.Batch;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Predicted against true classes: {@code top1} and {@code top5} (fraction of rows whose true class has one of the 1 or 5
 * highest scores), {@code f1} (mean over the classes that occur of {@code 2·TP / (2·TP + FP + FN)}).
 *
 * <p>Takes the first output with scores {@code (N, K)} for labels {@code (N)}, or {@code (N, …, K)} or {@code (N, K, …)} for
 * {@code (N, …)}, as a class for every pixel has it. A single score is a probability, class 1 above one half. Negative
 * labels do not count.
 */
final class Classification implements Metric {
    private static final int TOP = 5;

    /** True positives, false positives, false negatives of a class. */
    private static final class Tally {
        private long truePositives;
        private long falsePositives;
        private long falseNegatives;
    }

    private final Map<Long, Tally> tallies = new TreeMap<>();
    private long rows;
    private long hits;
    private long topHits;
    private long mostClasses;

    @Override
    public boolean applies(Batch batch, Map<String, Value> outputs) {
        return scores(batch, outputs) != null;
    }

    /** The first output with one list of scores per label. */
    private static @Nullable Value scores(Batch batch, Map<String, Value> outputs) {
        var labels = batch.labels();
        if (labels == null || batch.rowsPerLabel() != 1 || !wholeNumbers(labels)) {
            return null;
        }
        long perRow = labels.size() / Math.max(1, labels.dim(0));
        return outputs.values().stream()
                .filter(output ->
                        output.type().isFloatingPoint() && output.rank() >= 1 && output.dim(0) >= batch.rows())
                .filter(output -> output.rank() == 1
                        ? perRow == 1
                        : hasClasses(output, output.rank() - 1, perRow) || hasClasses(output, 1, perRow))
                .findFirst()
                .orElse(null);
    }

    /** Whether an axis is that of classes: one number on each of its indices for every label. */
    private static boolean hasClasses(Value output, int axis, long perRow) {
        return output.size() == output.dim(0) * perRow * output.dim(axis);
    }

    /** {@code (N, K, …)} to {@code (N, …, K)}. */
    private static FloatBuffer classesLast(Value scores, int perRow) {
        int classes = (int) scores.dim(1);
        var from = scores.floats();
        var into = FloatBuffer.allocate((int) scores.size());
        for (int row = 0; row < scores.dim(0); row++) {
            for (int place = 0; place < perRow; place++) {
                for (int k = 0; k < classes; k++) {
                    into.put(from.get((row * classes + k) * perRow + place));
                }
            }
        }
        return into;
    }

    private static boolean wholeNumbers(Value labels) {
        for (int i = 0; i < labels.size(); i++) {
            if (labels.number(i) != Math.rint(labels.number(i))) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void add(Batch batch, Map<String, Value> outputs) {
        var scores = scores(batch, outputs);
        var labels = batch.labels();
        if (scores == null || labels == null) {
            return;
        }
        int perRow = (int) (labels.size() / Math.max(1, labels.dim(0)));
        boolean last = scores.rank() == 1 || hasClasses(scores, scores.rank() - 1, perRow);
        int classes = scores.rank() == 1 ? 1 : (int) scores.dim(last ? scores.rank() - 1 : 1);
        mostClasses = Math.max(mostClasses, classes);
        var numbers = last ? scores.floats() : classesLast(scores, perRow);
        for (int i = 0; i < labels.size(); i++) {
            long label = (long) labels.number(i);
            if (label >= 0) {
                count(label, numbers, i * classes, classes);
            }
        }
    }

    private void count(long label, FloatBuffer scores, int from, int classes) {
        long predicted = classes == 1 ? (scores.get(from) > 0.5f ? 1 : 0) : best(scores, from, classes);
        rows++;
        if (predicted == label) {
            hits++;
            tally(label).truePositives++;
        } else {
            tally(label).falseNegatives++;
            tally(predicted).falsePositives++;
        }
        if (classes == 1 ? predicted == label : label < classes && rank(scores, from, classes, (int) label) < TOP) {
            topHits++;
        }
    }

    private Tally tally(long label) {
        return tallies.computeIfAbsent(label, key -> new Tally());
    }

    /** Index of the highest of {@code scores[from, from + classes)}, the first of equals. */
    static int best(FloatBuffer scores, int from, int classes) {
        int best = 0;
        for (int k = 1; k < classes; k++) {
            if (scores.get(from + k) > scores.get(from + best)) {
                best = k;
            }
        }
        return best;
    }

    /** How many classes stand before {@code label}. */
    private static int rank(FloatBuffer scores, int from, int classes, int label) {
        float own = scores.get(from + label);
        int before = 0;
        for (int k = 0; k < classes; k++) {
            float other = scores.get(from + k);
            if (other > own || (other == own && k < label)) {
                before++;
            }
        }
        return before;
    }

    @Override
    public Map<String, Double> values() {
        var values = new LinkedHashMap<String, Double>();
        if (rows > 0) {
            values.put("top1", (double) hits / rows);
            values.put(
                    "f1",
                    tallies.values().stream()
                            .filter(tally -> tally.truePositives + tally.falseNegatives > 0)
                            .mapToDouble(tally -> 2.0
                                    * tally.truePositives
                                    / (2.0 * tally.truePositives + tally.falsePositives + tally.falseNegatives))
                            .average()
                            .orElse(0));
            if (mostClasses > TOP) {
                values.put("top5", (double) topHits / rows);
            }
        }
        return values;
    }
}
