package dev.millrace.engine;

import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.channel.Observation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Dims of the values inside a graph, seen by running it. */
public final class Shapes {
    /** Integer values up to this many elements may be shapes. */
    private static final int SHORT = 64;

    private Shapes() {}

    /**
     * Runs the model once, unoptimized, and notes the dims of every value of its main graph: inputs, initializers and what
     * nodes make. Values inside subgraphs, sequences and maps are left out.
     *
     * @param feed one value for each input; a small batch will do
     * @param directory where a temporary copy of the model may lie during the call
     * @return name to dims, in the order of the graph
     * @throws dev.millrace.message.RefusedException if the model cannot be loaded or run
     */
    public static Map<String, long[]> observe(Path model, Map<String, Value> feed, Path directory) throws IOException {
        return observation(model, feed, directory).dims();
    }

    /**
     * Runs the model once like {@link #observe} and notes the contents of short integer values too.
     *
     * @throws dev.millrace.message.RefusedException if the model cannot be loaded or run
     */
    public static Observation observation(Path model, Map<String, Value> feed, Path directory) throws IOException {
        var graph = Model.read(model).graph();
        var dims = new LinkedHashMap<String, long[]>();
        var integers = new LinkedHashMap<String, long[]>();
        graph.initializers().forEach(tensor -> {
            dims.put(tensor.name(), tensor.dims());
            if (tensor.type() == DataType.INT64 && tensor.elements() <= SHORT) {
                integers.put(tensor.name(), tensor.longs());
            }
        });
        feed.forEach((name, value) -> dims.put(name, value.dims()));
        var settings = SessionSettings.threads(1)
                .optimization(SessionSettings.Optimization.NONE)
                .frugal();
        try (var session = OrtSession.observing(model, made(graph), directory, settings);
                var outputs = session.run(feed)) {
            outputs.values().forEach((name, value) -> {
                dims.put(name, value.dims());
                if (value.type() == DataType.INT64 && value.size() <= SHORT) {
                    var numbers = new long[(int) value.size()];
                    value.longs().get(numbers);
                    integers.put(name, numbers);
                }
            });
        }
        return new Observation(dims, integers);
    }

    private static List<String> made(Graph graph) {
        return graph.nodes().stream()
                .filter(node -> !makesSequence(node))
                .flatMap(node -> node.outputs().stream())
                .filter(name -> !name.isEmpty())
                .toList();
    }

    private static boolean makesSequence(Node node) {
        return node.opType().contains("Sequence") && !node.is("SequenceAt") && !node.is("SequenceLength");
    }
}
