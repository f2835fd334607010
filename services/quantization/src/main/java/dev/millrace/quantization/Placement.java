package dev.millrace.quantization;

import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Node;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Which nodes compute in integers, and which tensors are therefore 8-bit.
 *
 * <p>What was measured on ONNX Runtime decides (2 cores, one thread, time over that of float):
 *
 * <ul>
 *   <li>A Conv is an integer kernel only between an 8-bit input and an 8-bit output. Relu and Clip behind it vanish into the
 *       output's range.
 *   <li>A MatMul keeps its output in float: the kernel scales while it sums up, so nothing is lost and nothing is paid.
 *       LayerNorm, Gelu, Softmax and the attention mask stay float with it. MiniLM: 0.59 so, with cosine 0.99; 0.69 and
 *       0.35 when everything is quantized.
 *   <li>Add, Mul, Sigmoid, Concat and pooling between 8-bit tensors stay 8-bit if their result reaches a layer: YOLOv8n
 *       0.58, against 0.74 with its activation function in float. Behind the last layer nothing is gained, and boxes and
 *       scores would be rounded: float.
 *   <li>An operator with one float input stays float; going back and forth costs more than it saves. PP-OCR: 0.69,
 *       against 0.89.
 * </ul>
 *
 * @param layers with 8-bit weights
 * @param tables Gather nodes with 8-bit weights
 * @param operators other nodes that compute in integers
 * @param tensors 8-bit tensors, in the order of the graph; the value says whether only the integer form exists
 * @param scaleOf tensor to the tensor whose scale it shares, itself where it has its own
 */
record Placement(
        List<Layer> layers,
        List<Node> tables,
        Set<Node> operators,
        Map<String, Boolean> tensors,
        Map<String, String> scaleOf) {
    /** Operators that move 8-bit values without changing them: input and output share one scale. */
    private static final Set<String> MOVING =
            Set.of("MaxPool", "Reshape", "Transpose", "Flatten", "Squeeze", "Unsqueeze", "Split", "Slice", "Resize");

    /** Operators with integer kernels of their own. */
    private static final Set<String> COMPUTING =
            Set.of("Add", "Mul", "Sigmoid", "LeakyRelu", "Concat", "AveragePool", "GlobalAveragePool");

    /**
     * Plans the main graph.
     *
     * @param isLayer which layers may be quantized
     * @param stays nodes that must stay in float
     */
    static Placement of(Graph graph, Predicate<Layer> isLayer, Predicate<Node> stays) {
        return new Planner(graph, isLayer, stays).plan();
    }

    /**
     * The tensors whose ranges must be measured. Those of all others follow: a tensor that shares a scale takes values that
     * its root takes too, a Sigmoid reaches from 0 to 1, a Concat takes what its inputs take, and {@code x·sigmoid(x)} what
     * the function makes of the range of x.
     */
    Set<String> observed() {
        var observed = new LinkedHashSet<>(scaleOf.values());
        observed.retainAll(tensors.keySet());
        operators.stream().filter(this::rangeFollows).forEach(node -> observed.remove(node.output()));
        return observed;
    }

    /** Ranges of all tensors, from those observed; where nothing was seen, nothing follows. */
    Map<String, Range> complete(Map<String, Range> observed) {
        var ranges = new HashMap<>(observed);
        for (var node : operators) {
            if (node.is("Sigmoid")) {
                ranges.put(node.output(), new Range(0, 1));
            } else if (gated(node).isPresent()) {
                var input = gated(node).get();
                Optional.ofNullable(ranges.get(scaleOf.getOrDefault(input, input)))
                        .ifPresent(range -> ranges.put(node.output(), range.sigmoidLinear()));
            } else if (node.is("Concat")) {
                node.inputs().stream()
                        .flatMap(input -> Optional.ofNullable(ranges.get(scaleOf.getOrDefault(input, input))).stream())
                        .reduce(Range::union)
                        .ifPresent(range -> ranges.put(node.output(), range));
            }
        }
        scaleOf.forEach(
                (tensor, root) -> Optional.ofNullable(ranges.get(root)).ifPresent(range -> ranges.put(tensor, range)));
        return ranges;
    }

    /** The 8-bit tensor that a layer makes, behind its Relu or Clip if there is one; empty if its result is float. */
    Optional<String> resultOf(Graph graph, Node layer) {
        if (tensors.getOrDefault(layer.output(), false)) {
            return Optional.of(layer.output());
        }
        return graph.onlyConsumer(layer.output())
                .filter(Placement::isActivation)
                .map(Node::output)
                .filter(output -> tensors.getOrDefault(output, false));
    }

    private static boolean isActivation(Node node) {
        return node.is("Relu") || node.is("Clip");
    }

    private boolean rangeFollows(Node node) {
        return node.is("Sigmoid") || node.is("Concat") || gated(node).isPresent();
    }

    /** {@code x} of {@code x·sigmoid(x)}. */
    private Optional<String> gated(Node node) {
        return operators.stream()
                .filter(gate -> node.is("Mul") && gate.is("Sigmoid"))
                .filter(gate ->
                        node.inputs().contains(gate.output()) && node.inputs().contains(gate.input(0)))
                .map(gate -> gate.input(0))
                .findFirst();
    }

    private static final class Planner {
        private final Graph graph;
        private final Predicate<Node> stays;
        private final Map<Node, Layer> layers = new LinkedHashMap<>();
        private final Set<String> integers = new HashSet<>();
        private final Set<Node> candidates = new LinkedHashSet<>();

        Planner(Graph graph, Predicate<Layer> isLayer, Predicate<Node> stays) {
            this.graph = graph;
            this.stays = stays;
            for (var node : graph.nodes()) {
                if (!stays.test(node)) {
                    Layer.of(graph, node).filter(isLayer).ifPresent(layer -> layers.put(node, layer));
                }
            }
        }

        Placement plan() {
            findCandidates();
            var wanted = wanted();
            var tensors = new LinkedHashMap<String, Boolean>();
            var inputs = new HashSet<String>();
            layers.values().stream().filter(Planner::integerInput).forEach(layer -> inputs.add(layer.input()));
            graph.requiredInputs().stream()
                    .map(info -> info.name())
                    .filter(inputs::contains)
                    .forEach(input -> tensors.put(input, false));
            for (var node : graph.nodes()) {
                for (var output : node.outputs()) {
                    boolean made = madeInteger(node, output, wanted);
                    if (made || inputs.contains(output)) {
                        tensors.put(output, made);
                    }
                }
            }
            candidates.removeIf(
                    node -> node.outputs().stream().noneMatch(wanted::contains) && !wanted.contains(result(node)));
            return new Placement(List.copyOf(layers.values()), tables(), candidates, tensors, scales(tensors.keySet()));
        }

        /** Walks down: where all inputs are 8-bit, the operator could be too. */
        private void findCandidates() {
            layers.values().stream().filter(Planner::integerInput).forEach(layer -> integers.add(layer.input()));
            for (var node : graph.nodes()) {
                var layer = layers.get(node);
                if (layer != null && integerOutput(layer)) {
                    integers.add(result(node));
                } else if (layer == null
                        && !stays.test(node)
                        && canBeInteger(node)
                        && dataInputs(node).stream().allMatch(integers::contains)) {
                    candidates.add(node);
                    integers.addAll(node.is("Add") ? List.of(result(node)) : node.outputs());
                }
            }
        }

        /** Walks up: only what a layer will read is worth keeping in 8 bits. */
        private Set<String> wanted() {
            var wanted = new HashSet<String>();
            var nodes = graph.nodes();
            for (int i = nodes.size() - 1; i >= 0; i--) {
                var node = nodes.get(i);
                var layer = layers.get(node);
                if (layer != null && integerInput(layer)) {
                    wanted.add(layer.input());
                } else if (candidates.contains(node)
                        && (wanted.contains(result(node))
                                || node.outputs().stream().anyMatch(wanted::contains))) {
                    wanted.addAll(dataInputs(node));
                }
            }
            return wanted;
        }

        private boolean madeInteger(Node node, String output, Set<String> wanted) {
            if (isActivation(node)) {
                var before = graph.producer(node.input(0)).orElse(null);
                return before != null
                        && result(before).equals(output)
                        && !output.equals(before.output())
                        && madeInteger(before, output, wanted);
            }
            if (!result(node).equals(output) && node.outputs().size() == 1) {
                return false;
            }
            var layer = layers.get(node);
            if (layer != null) {
                return integerOutput(layer) && (layer.is("Conv") || wanted.contains(output));
            }
            return candidates.contains(node)
                    && (wanted.contains(result(node)) || node.outputs().stream().anyMatch(wanted::contains));
        }

        /** Where a layer's or sum's 8-bit result is: behind a Relu or Clip that only it feeds. */
        private String result(Node node) {
            if (!node.is("Add") && !layers.containsKey(node)) {
                return node.output();
            }
            return graph.onlyConsumer(node.output())
                    .filter(next -> isActivation(next) && !stays.test(next))
                    .map(Node::output)
                    .orElse(node.output());
        }

        /** ConvTranspose has no integer kernel: its weight is stored in 8 bits, the rest is float. */
        private static boolean integerInput(Layer layer) {
            return !layer.is("ConvTranspose");
        }

        private static boolean integerOutput(Layer layer) {
            return layer.is("Conv") || layer.is("Gemm");
        }

        private static boolean canBeInteger(Node node) {
            return node.domain().isEmpty()
                    && (COMPUTING.contains(node.opType())
                            || (MOVING.contains(node.opType())
                                    && (!node.is("Resize")
                                            || node.text("mode", "nearest").equals("nearest"))))
                    && node.outputs().stream().noneMatch(String::isEmpty);
        }

        private static List<String> dataInputs(Node node) {
            return MOVING.contains(node.opType()) ? node.inputs().subList(0, 1) : node.inputs();
        }

        private List<Node> tables() {
            return graph.nodes().stream()
                    .filter(node -> node.is("Gather") && node.integer("axis", 0) == 0 && !stays.test(node))
                    .filter(node -> graph.constant(node.input(0))
                            .filter(Layer::isWeight)
                            .isPresent())
                    .toList();
        }

        private Map<String, String> scales(Set<String> tensors) {
            var scaleOf = new HashMap<String, String>();
            tensors.forEach(tensor -> scaleOf.put(tensor, tensor));
            for (var node : graph.nodes()) {
                if (candidates.contains(node) && MOVING.contains(node.opType()) && tensors.contains(node.input(0))) {
                    var outputs = new ArrayList<>(node.outputs());
                    outputs.retainAll(tensors);
                    outputs.forEach(output -> scaleOf.put(output, scaleOf.get(node.input(0))));
                }
            }
            return scaleOf;
        }
    }
}
