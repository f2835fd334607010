package dev.millrace.engine.metric;

import dev.millrace.engine.Value;
import dev.millrace.engine.data.Batch;
import java.util.ArrayList;
import java.util.Map;

/**
 * {@code expected}: the fraction of numbers that are as the data says, {@code |y − e| ≤ absolute + relative · |e|}, with
 * the tolerances of ONNX's own tests.
 */
final class Expectation implements Metric {
    private static final double RELATIVE = 1e-3;
    private static final double ABSOLUTE = 1e-7;

    private long numbers;
    private long close;

    @Override
    public boolean applies(Batch batch, Map<String, Value> outputs) {
        return !batch.expected().isEmpty();
    }

    @Override
    public void add(Batch batch, Map<String, Value> outputs) {
        var names = new ArrayList<>(outputs.keySet());
        for (int position = 0; position < names.size(); position++) {
            var expected = batch.expected(names.get(position), position);
            var output = outputs.get(names.get(position));
            if (expected != null && output != null) {
                numbers += expected.size();
                for (int i = 0; i < Math.min(expected.size(), output.size()); i++) {
                    if (close(output.number(i), expected.number(i))) {
                        close++;
                    }
                }
            }
        }
    }

    private static boolean close(double found, double expected) {
        return found == expected
                || (Double.isNaN(found) && Double.isNaN(expected))
                || Math.abs(found - expected) <= ABSOLUTE + RELATIVE * Math.abs(expected);
    }

    @Override
    public Map<String, Double> values() {
        return numbers == 0 ? Map.of() : Map.of("expected", (double) close / numbers);
    }
}
