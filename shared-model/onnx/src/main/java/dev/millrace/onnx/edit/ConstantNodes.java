package dev.millrace.onnx.edit;

import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import java.util.List;

/** Turns Constant nodes and sparse initializers into plain initializers, so that weights are found in one place. */
public final class ConstantNodes {
    private ConstantNodes() {}

    /**
     * Moves every Constant node that holds numbers and is no output of its graph, and makes sparse initializers dense.
     *
     * @return number of nodes and sparse initializers moved
     */
    public static int toInitializers(Model model) {
        model.raiseIrVersion(4);
        return model.graph().graphs().toList().stream()
                .mapToInt(ConstantNodes::toInitializers)
                .sum();
    }

    private static int toInitializers(Graph graph) {
        var sparse = List.copyOf(graph.sparseInitializers());
        sparse.forEach(tensor -> graph.put(tensor.dense()));
        int moved = sparse.size();
        for (var node : List.copyOf(graph.nodes())) {
            if (node.is("Constant") && !graph.isOutput(node.output())) {
                var tensor = graph.constant(node.output());
                if (tensor.isPresent()) {
                    graph.remove(node);
                    graph.put(tensor.get());
                    moved++;
                }
            }
        }
        return moved;
    }
}
