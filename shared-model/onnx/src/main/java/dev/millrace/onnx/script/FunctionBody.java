package dev.millrace.onnx.script;

import dev.millrace.onnx.Function;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Node;
import java.util.List;

/** The body of a model-local function as one call of it sees it. */
final class FunctionBody {
    private FunctionBody() {}

    /** The body itself where its nodes take no attributes of the call, so that its weights stay its own; else a copy. */
    static Graph of(Function function, Node call) {
        boolean refers = function.body()
                .graphs()
                .flatMap(graph -> graph.nodes().stream())
                .flatMap(node -> node.attributes().stream())
                .anyMatch(attribute -> !attribute.reference().isEmpty());
        if (!refers) {
            return function.body();
        }
        var body = function.body().copy();
        body.graphs().toList().forEach(graph -> {
            for (var node : List.copyOf(graph.nodes())) {
                graph.replace(node, filledIn(node, function, call));
            }
        });
        return body;
    }

    private static Node filledIn(Node node, Function function, Node call) {
        var filled = node;
        for (var attribute : node.attributes()) {
            if (!attribute.reference().isEmpty()) {
                var given = call.attribute(attribute.reference())
                        .or(() -> function.defaultAttribute(attribute.reference()))
                        .map(value -> value.withName(attribute.name()));
                filled = given.map(filled::with).orElse(filled.without(attribute.name()));
            }
        }
        return filled;
    }
}
