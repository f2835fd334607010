package dev.millrace.engine;

import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Node;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Dims of the values inside a graph, seen by running it. */
public final class Shapes {
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
        var graph = Model.read(model).graph();
        var shapes = new LinkedHashMap<String, long[]>();
        graph.initializers().forEach(tensor -> shapes.put(tensor.name(), tensor.dims()));
        feed.forEach((name, value) -> shapes.put(name, value.dims()));
        var settings = SessionSettings.threads(1)
                .optimization(SessionSettings.Optimization.NONE)
                .frugal();
        try (var session = OrtSession.observing(model, made(graph), directory, settings);
                var outputs = session.run(feed)) {
            outputs.values().forEach((name, value) -> shapes.put(name, value.dims()));
        }
        return shapes;
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
