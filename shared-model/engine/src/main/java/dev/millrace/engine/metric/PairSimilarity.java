package dev.millrace.engine.metric;

import dev.millrace.engine.Value;
import dev.millrace.engine.data.Batch;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * {@code spearman}: rank correlation, −1..1, between the scores of sentence pairs and the cosines of their embeddings
 * (Spearman, 1904; ties share their mean rank). Embeddings are token outputs averaged under the attention mask, else the
 * first {@code (N, D)} output.
 */
final class PairSimilarity implements Metric {
    private final List<Double> scores = new ArrayList<>();
    private final List<Double> cosines = new ArrayList<>();

    /** The first sentence of a pair that ends in the next batch, {@code (1, D)}. */
    private @Nullable Value first;

    @Override
    public boolean applies(Batch batch, Map<String, Value> outputs) {
        return batch.rowsPerLabel() == 2 && Embeddings.of(batch.feed(), outputs) != null;
    }

    @Override
    public void add(Batch batch, Map<String, Value> outputs) {
        var embeddings = Embeddings.of(batch.feed(), outputs);
        if (embeddings == null) {
            return;
        }
        var labels = batch.labels();
        for (int i = 0; labels != null && i < labels.size(); i++) {
            scores.add(labels.number(i));
        }
        for (int row = 0; row < batch.rows(); row++) {
            if (first == null) {
                first = embeddings.rows(row, row + 1L).copy();
            } else {
                cosines.add(Embeddings.cosine(first, 0, embeddings, row));
                first = null;
            }
        }
    }

    @Override
    public Map<String, Double> values() {
        int pairs = Math.min(scores.size(), cosines.size());
        return pairs < 2
                ? Map.of()
                : Map.of("spearman", correlation(ranks(scores.subList(0, pairs)), ranks(cosines.subList(0, pairs))));
    }

    /** Ranks from 1, equal values sharing the mean of theirs. */
    static double[] ranks(List<Double> values) {
        var order = IntStream.range(0, values.size())
                .boxed()
                .sorted((a, b) -> Double.compare(values.get(a), values.get(b)))
                .mapToInt(Integer::intValue)
                .toArray();
        var ranks = new double[order.length];
        for (int from = 0; from < order.length; ) {
            int to = from;
            while (to < order.length && values.get(order[to]).equals(values.get(order[from]))) {
                to++;
            }
            for (int i = from; i < to; i++) {
                ranks[order[i]] = (from + 1 + to) / 2.0;
            }
            from = to;
        }
        return ranks;
    }

    /** Pearson's correlation; 0 if one side does not vary. */
    static double correlation(double[] a, double[] b) {
        double meanOfA =
                IntStream.range(0, a.length).mapToDouble(i -> a[i]).average().orElse(0);
        double meanOfB =
                IntStream.range(0, b.length).mapToDouble(i -> b[i]).average().orElse(0);
        double dot = 0;
        double squaresOfA = 0;
        double squaresOfB = 0;
        for (int i = 0; i < a.length; i++) {
            dot += (a[i] - meanOfA) * (b[i] - meanOfB);
            squaresOfA += (a[i] - meanOfA) * (a[i] - meanOfA);
            squaresOfB += (b[i] - meanOfB) * (b[i] - meanOfB);
        }
        return squaresOfA == 0 || squaresOfB == 0 ? 0 : dot / Math.sqrt(squaresOfA * squaresOfB);
    }
}
