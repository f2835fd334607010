package dev.millrace.quantization;

import dev.millrace.engine.Outputs;
import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.ValueInfo;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Lets ONNX Runtime reduce each tensor to its smallest and largest value where it is made; only these come out. */
final class Extremes implements Observer {
    private static final String LEAST = "/least";
    private static final String MOST = "/most";

    private final Collection<String> tensors;
    private final List<String> names = new ArrayList<>();
    private final Map<String, Range> ranges = new HashMap<>();

    private final Set<String> infinite = new LinkedHashSet<>();

    Extremes(Collection<String> tensors) {
        this.tensors = tensors;
    }

    /** Tensors in which something stands for −∞: they need a second look. */
    Set<String> infinite() {
        return infinite;
    }

    @Override
    public void prepare(Model model) {
        var graph = model.graph();
        for (var tensor : tensors) {
            reduce(model, "ReduceMin", tensor, tensor + LEAST);
            reduce(model, "ReduceMax", tensor, tensor + MOST);
            graph.addOutput(ValueInfo.tensor(tensor + LEAST, DataType.FLOAT, new long[0]));
            graph.addOutput(ValueInfo.tensor(tensor + MOST, DataType.FLOAT, new long[0]));
            names.add(tensor + LEAST);
            names.add(tensor + MOST);
        }
    }

    private static void reduce(Model model, String type, String tensor, String output) {
        model.graph().add(Node.of(type, output, List.of(tensor), List.of(output), Attribute.of("keepdims", 0)));
    }

    @Override
    public Collection<String> names() {
        return names;
    }

    @Override
    public void see(Outputs values) {
        for (var tensor : tensors) {
            float least = (float) values.get(tensor + LEAST).number(0);
            float most = (float) values.get(tensor + MOST).number(0);
            if (least <= Histogram.MINUS_INFINITY || most >= -Histogram.MINUS_INFINITY) {
                infinite.add(tensor);
            } else if (least <= most) {
                ranges.merge(tensor, new Range(least, most), Range::union);
            }
        }
    }

    @Override
    public Map<String, Range> ranges() {
        return ranges;
    }
}
