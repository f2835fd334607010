package dev.millrace.quantization;

import dev.millrace.engine.Outputs;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ValueInfo;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** Lets whole tensors out and counts their values, in a histogram each. */
final class Histograms implements Observer {
    /** Larger tensors are counted in part, every k-th value; the range is exact all the same. */
    private static final int COUNTED_VALUES = 1 << 16;

    private final Map<String, Histogram> histograms = new LinkedHashMap<>();
    private final RangeMethod method;
    private final double percentile;
    private float[] buffer = new float[0];

    Histograms(Collection<String> tensors, RangeMethod method, double percentile) {
        this.method = method;
        this.percentile = percentile;
        tensors.forEach(tensor -> histograms.put(tensor, new Histogram()));
    }

    @Override
    public void prepare(Model model) {
        var graph = model.graph();
        histograms.keySet().stream()
                .filter(tensor -> !graph.isOutput(tensor))
                .forEach(tensor -> graph.addOutput(ValueInfo.untyped(tensor)));
    }

    @Override
    public Collection<String> names() {
        return histograms.keySet();
    }

    @Override
    public void see(Outputs values) {
        histograms.forEach((tensor, histogram) -> {
            var floats = values.get(tensor).floats();
            int length = floats.remaining();
            if (buffer.length < length) {
                buffer = new float[length];
            }
            floats.get(buffer, 0, length);
            histogram.add(buffer, length, 1 + length / COUNTED_VALUES);
        });
    }

    @Override
    public Map<String, Range> ranges() {
        var ranges = new HashMap<String, Range>();
        histograms.forEach((tensor, histogram) -> {
            if (!histogram.isEmpty()) {
                ranges.put(tensor, method.choose(histogram, percentile));
            }
        });
        return ranges;
    }
}
