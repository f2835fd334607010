package dev.millrace.evaluation;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.Value;
import dev.millrace.engine.ValueSpec;
import dev.millrace.engine.metric.Fidelity;
import dev.millrace.engine.metric.TaskMetrics;
import dev.millrace.message.Metrics;
import dev.millrace.message.RefusedException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.DoubleConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What two models give on the same inputs.
 *
 * @param baseline metrics of the first model
 * @param result metrics of the second
 * @param fidelity how close the second stays to the first
 * @param samples rows, or pairs, that were run
 * @param feeds the first few feeds, for the first model; kept for timing
 * @param rowsPerFeed rows of the first feed
 * @param generated whether the inputs were made up
 */
record Quality(
        Map<String, Double> baseline,
        Map<String, Double> result,
        Map<String, Double> fidelity,
        long samples,
        List<Map<String, Value>> feeds,
        int rowsPerFeed,
        boolean generated) {
    private static final int KEPT_FEEDS = 8;

    /** @param streams batches at a time */
    static Quality measure(OrtSession first, OrtSession second, Inputs inputs, int streams, DoubleConsumer progress)
            throws IOException {
        requireSameInputs(first, second);
        long expectedSamples = inputs.samples();
        var gathering = new Gathering();
        new PairedRuns(first, second, outputNames(first, second), streams).run(inputs.batches(), answers -> {
            gathering.add(answers);
            double expectedRows = Math.max(1, expectedSamples * gathering.rowsPerSample);
            progress.accept(Math.min(1, gathering.rows / expectedRows));
        });
        return gathering.quality(inputs.generated());
    }

    /** Sums over the answers. */
    private static final class Gathering {
        private final TaskMetrics ofFirst = new TaskMetrics();
        private final TaskMetrics ofSecond = new TaskMetrics();
        private final Fidelity fidelity = new Fidelity();
        private final List<Map<String, Value>> feeds = new ArrayList<>();
        private long rows;
        private int rowsPerSample = 1;
        private int rowsPerFeed = 1;

        void add(PairedRuns.Answers answers) {
            var batch = answers.batch();
            var first = answers.ofFirst().values();
            var second = answers.ofSecond().values();
            ofFirst.add(batch, first);
            ofSecond.add(batch, second);
            fidelity.add(batch, first, second);
            if (feeds.isEmpty()) {
                rowsPerFeed = batch.rows();
            }
            if (feeds.size() < KEPT_FEEDS) {
                feeds.add(batch.feed());
            }
            rows += batch.rows();
            rowsPerSample = batch.rowsPerLabel();
        }

        Quality quality(boolean generated) {
            return new Quality(
                    ofFirst.values(),
                    ofSecond.values(),
                    fidelity.values(),
                    rows / rowsPerSample,
                    feeds,
                    rowsPerFeed,
                    generated);
        }
    }

    /**
     * The metric to look at.
     *
     * @param wanted absent means the most telling one
     * @return null where inputs are made up and nothing was wanted
     */
    @Nullable
    String metric(@Nullable String wanted) {
        if (wanted == null) {
            return baseline.isEmpty()
                    ? (generated ? null : "cosine")
                    : baseline.keySet().iterator().next();
        }
        if (baseline.containsKey(wanted) || fidelity.containsKey(wanted)) {
            return wanted;
        }
        var available = new TreeSet<>(baseline.keySet());
        available.addAll(fidelity.keySet());
        boolean known = Metrics.OF_LABELS.contains(wanted);
        throw new RefusedException(
                known ? Metrics.NOT_MEASURABLE : "UNKNOWN_METRIC",
                "metric",
                wanted + (known ? ", for which this data has no labels" : ""),
                String.join(", ", available));
    }

    /** The same with the figure of a fidelity metric among the metrics of both models. */
    Quality with(@Nullable String metric) {
        var figure = metric == null ? null : fidelity.get(metric);
        if (metric == null || figure == null || baseline.containsKey(metric)) {
            return this;
        }
        var first = new LinkedHashMap<>(baseline);
        var second = new LinkedHashMap<>(result);
        first.put(metric, Fidelity.ideal(metric));
        second.put(metric, figure);
        return new Quality(first, second, fidelity, samples, feeds, rowsPerFeed, generated);
    }

    /** Feeds of the first model in the types of another. */
    static Map<String, Value> converted(Map<String, Value> feed, List<ValueSpec> inputs) {
        var converted = new LinkedHashMap<String, Value>();
        for (var input : inputs) {
            var value = feed.get(input.name());
            if (value != null) {
                converted.put(input.name(), value.as(input.type()));
            }
        }
        return converted;
    }

    private static void requireSameInputs(OrtSession first, OrtSession second) {
        var names = first.inputs().stream().map(ValueSpec::name).toList();
        for (var input : second.inputs()) {
            if (!names.contains(input.name())) {
                throw new RefusedException(
                        "MODELS_DIFFER", "inputs of the result", "'" + input.name() + "'", "the original's: " + names);
            }
        }
    }

    /** Names of the first model's outputs to the second's: the same names, else by position. */
    private static Map<String, String> outputNames(OrtSession first, OrtSession second) {
        var found = second.outputs().stream().map(ValueSpec::name).toList();
        var wanted = first.outputs().stream().map(ValueSpec::name).toList();
        if (found.size() < wanted.size()) {
            throw new RefusedException("MODELS_DIFFER", "outputs of the result", found.toString(), wanted.toString());
        }
        var names = new LinkedHashMap<String, String>();
        for (int i = 0; i < wanted.size(); i++) {
            names.put(wanted.get(i), found.contains(wanted.get(i)) ? wanted.get(i) : found.get(i));
        }
        return names;
    }
}
