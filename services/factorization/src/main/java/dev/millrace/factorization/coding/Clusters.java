package dev.millrace.factorization.coding;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** One codebook for a group of weights, each divided by its root mean square. */
final class Clusters {
    private final Cluster.Options options;
    private final Evidence evidence;
    private final List<CodableWeight> group;

    /** @param group at least one */
    Clusters(Cluster.Options options, Evidence evidence, List<CodableWeight> group) {
        this.options = options;
        this.evidence = evidence;
        this.group = group;
    }

    /** A code for each weight of the group. */
    List<Code> codes() {
        int entries = options.entries(group.get(0));
        boolean sparse = isSparse(entries);
        var histogram = histogram(sparse);
        int most = sparse ? entries - 1 : entries;
        var codebook =
                options.entropyBits() == null ? histogram.kMeans(most) : histogram.kMeans(most, options.entropyBits());
        var table = table(codebook.centroids(), sparse);
        return group.stream()
                .map(weight -> {
                    var values = weight.tensor().floats();
                    float scale = scaled(values);
                    var indices = indices(weight, values, codebook, sparse);
                    return new Code(values.length, scale, List.of(new Term(table, indices)));
                })
                .toList();
    }

    /** Whether zeros are as many as the members of a centroid, as pruning leaves them; they stay zero then. */
    private boolean isSparse(int entries) {
        long zeros = 0;
        long all = 0;
        for (var weight : group) {
            for (float value : weight.tensor().floats()) {
                zeros += value == 0 ? 1 : 0;
                all++;
            }
        }
        return zeros * entries > all;
    }

    private Histogram histogram(boolean sparse) {
        var all = new ArrayList<float[]>();
        float low = 0;
        float high = 0;
        for (var weight : group) {
            var values = weight.tensor().floats();
            scaled(values);
            all.add(values);
            for (float value : values) {
                low = Math.min(low, value);
                high = Math.max(high, value);
            }
        }
        var histogram = new Histogram(low, high);
        for (int i = 0; i < all.size(); i++) {
            var values = all.get(i);
            var importance = evidence.importance(group.get(i));
            for (int k = 0; k < values.length; k++) {
                if (!sparse || values[k] != 0) {
                    histogram.add(values[k], importance.length == 0 ? 1 : importance[k]);
                }
            }
        }
        return histogram;
    }

    /** Divides by the root mean square, which is given back; nothing but zeros by 1. */
    static float scaled(float[] values) {
        double squares = 0;
        for (float value : values) {
            squares += (double) value * value;
        }
        float scale = squares == 0 ? 1 : (float) Math.sqrt(squares / values.length);
        for (int i = 0; i < values.length; i++) {
            values[i] /= scale;
        }
        return scale;
    }

    /** With a first entry of 0 if zeros stay zero. */
    private static Table table(double[] centroids, boolean sparse) {
        var entries = floats(centroids);
        if (!sparse) {
            return new Table(1, entries);
        }
        var withZero = new float[entries.length + 1];
        System.arraycopy(entries, 0, withZero, 1, entries.length);
        return new Table(1, withZero);
    }

    private static float[] floats(double[] values) {
        var floats = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    private byte[] indices(CodableWeight weight, float[] values, Histogram.Codebook codebook, boolean sparse) {
        var indices = new byte[values.length];
        if (options.compensate() && !sparse) {
            var centroids = floats(codebook.centroids());
            var rounded = evidence.rounded(weight, values, centroids, floats(codebook.bounds()));
            if (rounded.isPresent()) {
                for (int i = 0; i < indices.length; i++) {
                    indices[i] = (byte) rounded.get()[i];
                }
                return indices;
            }
        }
        var bounds = codebook.bounds();
        for (int i = 0; i < values.length; i++) {
            if (!sparse || values[i] != 0) {
                int found = Arrays.binarySearch(bounds, values[i]);
                int nearest = found >= 0 ? found + 1 : -found - 1;
                indices[i] = (byte) (sparse ? nearest + 1 : nearest);
            }
        }
        return indices;
    }
}
