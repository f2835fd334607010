package dev.millrace.engine.metric;

import dev.millrace.engine.Value;
import dev.millrace.engine.data.Batch;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Every metric that the data allows, of one model, the most telling first: {@code spearman} for scored sentence pairs,
 * {@code top1}, {@code f1} and {@code top5} for classes, {@code mse} for other labels, {@code expected} for expected
 * outputs ({@link dev.millrace.message.Metrics#OF_LABELS}).
 */
public final class TaskMetrics {
    private final List<Metric> metrics =
            List.of(new PairSimilarity(), new Classification(), new SquaredError(), new Expectation());

    /** @param outputs of the model on the batch's feed */
    public void add(Batch batch, Map<String, Value> outputs) {
        metrics.stream().filter(metric -> metric.applies(batch, outputs)).forEach(metric -> metric.add(batch, outputs));
    }

    /** Name to figure; empty if the data has neither labels nor expected outputs. */
    public Map<String, Double> values() {
        var values = new LinkedHashMap<String, Double>();
        metrics.forEach(metric -> values.putAll(metric.values()));
        return values;
    }
}
