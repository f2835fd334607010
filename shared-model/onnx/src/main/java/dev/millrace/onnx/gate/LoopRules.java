package dev.millrace.onnx.gate;

import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Node;
import java.util.OptionalLong;
import java.util.Set;

/** How long loops run. */
final class LoopRules {
    private LoopRules() {}

    /**
     * How often a node runs its subgraphs: the trip count of a Loop that nothing but the count ends, else 1.
     *
     * <p>A huge count is how exporters write {@code while}: it is allowed where the body decides.
     */
    static long trips(Graph graph, Node node) {
        if (!node.is("Loop")) {
            return 1;
        }
        boolean bodyDecides = node.graph("body").map(LoopRules::decides).orElse(true);
        if (bodyDecides) {
            return 1;
        }
        if (!node.hasInput(0)) {
            return number(graph, node.input(1)).equals(OptionalLong.of(0)) ? 1 : Long.MAX_VALUE;
        }
        return Math.max(1, number(graph, node.input(0)).orElse(1));
    }

    /** Whether the body's condition depends on anything but itself and constants. */
    private static boolean decides(Graph body) {
        if (body.outputs().isEmpty()) {
            return true;
        }
        var condition = body.outputs().get(0).name();
        var passed = Set.of("Identity", "Cast");
        for (int step = 0; step < 16; step++) {
            var producer = body.producer(condition);
            if (producer.isEmpty() || !passed.contains(producer.get().opType())) {
                break;
            }
            condition = producer.get().input(0);
        }
        boolean ownInput = body.inputs().stream()
                .skip(1)
                .limit(1)
                .map(input -> input.name())
                .anyMatch(condition::equals);
        boolean alwaysTrue = number(body, condition).orElse(0) != 0;
        return !ownInput && !alwaysTrue;
    }

    /** The one number of a constant integer or boolean. */
    private static OptionalLong number(Graph graph, String value) {
        var constant = graph.constant(value)
                .filter(tensor ->
                        tensor.elements() == 1 && (tensor.type().isInteger() || tensor.type() == DataType.BOOL));
        return constant.isPresent() ? OptionalLong.of(constant.get().longs()[0]) : OptionalLong.empty();
    }
}
