package dev.millrace.nas;

import dev.millrace.engine.Latency;
import dev.millrace.engine.OrtSession;
import dev.millrace.engine.Value;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Macs;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.ValueInfo;
import dev.millrace.stage.ContentKey;
import dev.millrace.stage.Machine;
import dev.millrace.stage.StageContext;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Times of single operators in ONNX Runtime, each measured once on a machine and kept in its cache for later tasks. A model's
 * latency is estimated as that of doing nothing plus what each of its products and convolutions takes longer; everything else
 * is fused into those, or small. Candidates that share operators are compared without the noise of measuring each anew (Cai
 * et al., "ProxylessNAS", 2019).
 */
final class LatencyTable {
    /** Part of every key; another number forgets what was kept. */
    private static final String VERSION = "operator latency 1";

    private final StageContext context;

    LatencyTable(StageContext context) {
        this.context = context;
    }

    /**
     * The estimate in milliseconds.
     *
     * @param dims dims of the model's values by name
     */
    double millis(Model model, Map<String, long[]> dims) throws IOException {
        double nothing = millis(idle(model.opset()), "idle", Map.of("x", new long[] {1}));
        double sum = nothing;
        var graph = model.graph();
        for (var node : graph.nodes()) {
            if (Macs.of(graph, node, dims).orElse(0) > 0) {
                var key = node.opType() + node.attributes() + inputs(graph, node, dims);
                var alone = alone(graph, node, dims, model.opset());
                sum += Math.max(0, millis(alone, key, fed(graph, node, dims)) - nothing);
            }
        }
        return sum;
    }

    private static Model idle(long opset) {
        var graph = new Graph("idle");
        graph.addInput(ValueInfo.tensor("x", DataType.FLOAT, 1));
        graph.add(Node.of("Identity", "y", List.of("x"), List.of("y")));
        graph.addOutput(ValueInfo.tensor("y", DataType.FLOAT, 1));
        return new Model(graph, opset);
    }

    /** A model of nothing but the operator. */
    private static Model alone(Graph graph, Node node, Map<String, long[]> dims, long opset) {
        var single = new Graph("operator");
        fed(graph, node, dims).forEach((name, shape) -> single.addInput(ValueInfo.tensor(name, DataType.FLOAT, shape)));
        node.inputs().stream()
                .distinct()
                .flatMap(name -> graph.constant(name).stream())
                .forEach(single::put);
        single.add(node);
        single.addOutput(ValueInfo.tensorOfUnknownRank(node.output(), DataType.FLOAT));
        return new Model(single, opset);
    }

    /** Inputs that are no constants, and their dims. */
    private static Map<String, long[]> fed(Graph graph, Node node, Map<String, long[]> dims) {
        var fed = new LinkedHashMap<String, long[]>();
        node.inputs().stream()
                .filter(name -> !name.isEmpty() && graph.constant(name).isEmpty())
                .forEach(name -> fed.put(name, dims.getOrDefault(name, new long[0])));
        return fed;
    }

    private static List<String> inputs(Graph graph, Node node, Map<String, long[]> dims) {
        var shapes = new ArrayList<String>();
        for (var name : node.inputs()) {
            var constant = graph.constant(name).map(Tensor::dims);
            var shape = constant.orElseGet(() -> dims.getOrDefault(name, new long[0]));
            shapes.add((constant.isPresent() ? "constant" : "value") + Arrays.toString(shape));
        }
        return shapes;
    }

    /** The time of a small model: kept, or measured now. */
    private double millis(Model model, String what, Map<String, long[]> inputs) throws IOException {
        var key = key(what);
        if (context.cache().isPresent()) {
            var kept = context.cache().get().find(key);
            if (kept.isPresent()) {
                return kept.get().getDouble();
            }
        }
        Path file = context.workDirectory().resolve("operator.onnx");
        model.write(file);
        var feed = new LinkedHashMap<String, Value>();
        inputs.forEach((name, shape) -> feed.put(name, Value.full(DataType.FLOAT, 0.5, shape)));
        double millis = Latency.medianMillis(file, feed, context.threads());
        if (context.cache().isPresent()) {
            try (var entry = context.cache().get().entry()) {
                entry.write(ByteBuffer.allocate(Double.BYTES).putDouble(millis).flip());
                entry.keep(key);
            }
        }
        return millis;
    }

    private String key(String what) {
        return new ContentKey()
                .text(VERSION, OrtSession.version(), Machine.here(), context.threads(), what)
                .hex();
    }
}
