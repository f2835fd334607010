package dev.millrace.engine.metric;

import dev.millrace.engine.Value;
import dev.millrace.engine.data.Batch;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code mse}: the mean of {@code (y − label)²} over the first output that has one number per label number. */
final class SquaredError implements Metric {
    private double sum;
    private long count;

    @Override
    public boolean applies(Batch batch, Map<String, Value> outputs) {
        return prediction(batch, outputs) != null;
    }

    private static @Nullable Value prediction(Batch batch, Map<String, Value> outputs) {
        var labels = batch.labels();
        if (labels == null || batch.rowsPerLabel() != 1 || labels.dim(0) == 0) {
            return null;
        }
        long perRow = labels.size() / labels.dim(0);
        return outputs.values().stream()
                .filter(output ->
                        output.type().isFloatingPoint() && output.rank() >= 1 && output.dim(0) >= batch.rows())
                .filter(output -> output.size() == output.dim(0) * perRow)
                .findFirst()
                .orElse(null);
    }

    @Override
    public void add(Batch batch, Map<String, Value> outputs) {
        var prediction = prediction(batch, outputs);
        var labels = batch.labels();
        if (prediction != null && labels != null) {
            for (int i = 0; i < labels.size(); i++) {
                double error = prediction.number(i) - labels.number(i);
                sum += error * error;
                count++;
            }
        }
    }

    @Override
    public Map<String, Double> values() {
        return count == 0 ? Map.of() : Map.of("mse", sum / count);
    }
}
