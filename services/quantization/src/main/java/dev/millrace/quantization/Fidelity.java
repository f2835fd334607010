package dev.millrace.quantization;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.Value;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;

/**
 * How near a model's answers are to those of the float model, for each group of an output's channels.
 *
 * <p>One number for a whole output hides damage: in YOLOv8n's output {@code (1, 22, 2100)} four rows are boxes up to 320 and
 * eighteen are scores below 1, and a third of the boxes can vanish at a cosine of 0.9995. Neighbouring indices of axis 1
 * whose magnitudes differ more than {@value #SCALE_RATIO}-fold are therefore different groups.
 *
 * @param output name of the output
 * @param from first index of axis 1 in this group
 * @param to behind the last index; −1 if the group is the whole output
 * @param cosine {@code a·b / (|a||b|)} over all samples as one vector, so that samples in which nothing is found, scores
 *     near 0, do not count as much as those in which something is; 1 is equal
 * @param relativeError {@code |a − b| / |a|} over all samples
 */
record Fidelity(String output, int from, int to, double cosine, double relativeError) {
    private static final float SCALE_RATIO = 16;

    private static final int MOST_GROUPS = 4;

    /** Axis 1 is searched for groups up to this size; longer ones are positions, not channels. */
    private static final int MOST_CHANNELS = 1024;

    private static final int[] WHOLE = {0, Integer.MAX_VALUE};

    /** The least cosine first. */
    static final Comparator<Fidelity> WORST_FIRST = Comparator.comparingDouble(Fidelity::cosine);

    /** Runs the references and compares, output by output. */
    static List<Fidelity> measure(OrtSession session, List<Calibration.Reference> references) {
        var sums = new ArrayList<Sums>();
        for (var output : references.get(0).outputs().keySet()) {
            var bounds = groups(references, output);
            for (int i = 0; i + 1 < bounds.length; i++) {
                sums.add(new Sums(output, bounds[i], bounds[i + 1]));
            }
        }
        for (var reference : references) {
            try (var answers = session.run(reference.feed(), reference.outputs().keySet())) {
                for (var group : sums) {
                    var expected = reference.outputs().get(group.output);
                    if (expected != null) {
                        group.add(expected, answers.get(group.output));
                    }
                }
            }
        }
        return sums.stream().map(Sums::fidelity).toList();
    }

    /** Bounds of the groups of axis 1; {@code 0, size} if all are alike or the axis is no channel axis. */
    private static int[] groups(List<Calibration.Reference> references, String output) {
        var magnitudes = new float[0];
        for (var reference : references) {
            var value = reference.outputs().get(output);
            if (value == null || value.rank() < 3 || value.size() == 0 || value.dim(1) > MOST_CHANNELS) {
                return WHOLE;
            }
            int channels = (int) value.dim(1);
            if (magnitudes.length == 0) {
                magnitudes = new float[channels];
            } else if (magnitudes.length != channels) {
                return WHOLE;
            }
            raise(magnitudes, value);
        }
        var bounds = new TreeSet<>(List.of(0, magnitudes.length));
        split(magnitudes, 0, magnitudes.length, bounds);
        return bounds.size() > 2 && bounds.size() <= MOST_GROUPS + 1
                ? bounds.stream().mapToInt(Integer::intValue).toArray()
                : WHOLE;
    }

    /** Splits where everything on one side is far larger than everything on the other, then both sides again. */
    private static void split(float[] magnitudes, int from, int to, TreeSet<Integer> bounds) {
        int best = from;
        float bestRatio = SCALE_RATIO;
        for (int middle = from + 1; middle < to; middle++) {
            float ratio = Math.max(
                    least(magnitudes, from, middle) / most(magnitudes, middle, to),
                    least(magnitudes, middle, to) / most(magnitudes, from, middle));
            if (ratio > bestRatio) {
                bestRatio = ratio;
                best = middle;
            }
        }
        if (best > from) {
            bounds.add(best);
            split(magnitudes, from, best, bounds);
            split(magnitudes, best, to, bounds);
        }
    }

    private static float least(float[] magnitudes, int from, int to) {
        float least = magnitudes[from];
        for (int i = from; i < to; i++) {
            least = Math.min(least, magnitudes[i]);
        }
        return least;
    }

    private static float most(float[] magnitudes, int from, int to) {
        float most = Float.MIN_NORMAL;
        for (int i = from; i < to; i++) {
            most = Math.max(most, magnitudes[i]);
        }
        return most;
    }

    private static void raise(float[] magnitudes, Value value) {
        var floats = value.floats();
        int inner = (int) (value.size() / value.dim(0) / value.dim(1));
        for (int i = 0; i < floats.remaining(); i++) {
            int c = i / inner % magnitudes.length;
            magnitudes[c] = Math.max(magnitudes[c], Math.abs(floats.get(i)));
        }
    }

    /** {@code 'output0'[4..22)}. */
    String where() {
        return to < 0 ? "'" + output + "'" : String.format(Locale.ROOT, "'%s'[%d..%d)", output, from, to);
    }

    private static final class Sums {
        private final String output;
        private final int from;
        private final int to;
        private double products;
        private double expectedSquares;
        private double foundSquares;
        private double errors;

        Sums(String output, int from, int to) {
            this.output = output;
            this.from = from;
            this.to = to;
        }

        void add(Value expected, Value found) {
            var a = expected.floats();
            var b = found.floats();
            boolean whole = to == Integer.MAX_VALUE;
            int samples = whole ? 1 : (int) expected.dim(0);
            int perSample = a.remaining() / Math.max(1, samples);
            int inner = whole ? perSample : (int) (perSample / expected.dim(1));
            for (int n = 0; n < samples; n++) {
                int start = n * perSample + (whole ? 0 : from * inner);
                int end = whole ? perSample : n * perSample + to * inner;
                for (int i = start; i < end; i++) {
                    double x = a.get(i);
                    double y = b.get(i);
                    products += x * y;
                    expectedSquares += x * x;
                    foundSquares += y * y;
                    errors += (x - y) * (x - y);
                }
            }
        }

        Fidelity fidelity() {
            double size = Math.sqrt(expectedSquares) * Math.sqrt(foundSquares);
            double cosine = errors == 0 ? 1 : Double.isNaN(products) ? 0 : products / Math.max(Double.MIN_NORMAL, size);
            return new Fidelity(
                    output,
                    from,
                    to == Integer.MAX_VALUE ? -1 : to,
                    cosine,
                    Math.sqrt(errors / Math.max(Double.MIN_NORMAL, expectedSquares)));
        }
    }
}
