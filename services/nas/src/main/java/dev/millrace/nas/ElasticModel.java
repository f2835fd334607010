package dev.millrace.nas;

import dev.millrace.engine.Value;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.ValueInfo;
import dev.millrace.onnx.channel.Axis;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A model whose channels and branches are switched off from outside: weights are multiplied by masks, which are inputs, along
 * every axis that channels run over. With batch normalization, or none, the masked model computes what the sliced one would.
 */
final class ElasticModel {
    private final DerivedSpace space;
    private final Model model;
    private final Map<Axis, Integer> groups = new LinkedHashMap<>();

    ElasticModel(DerivedSpace space) {
        this.space = space;
        model = space.whole();
        var graph = model.graph();
        var masked = new LinkedHashMap<String, String>();
        for (int group = 0; group < space.groups().size(); group++) {
            for (var axis : space.groups().get(group).group().slices().keySet()) {
                if (isMasked(graph, axis.value())) {
                    mask(graph, axis, masked);
                    groups.put(axis, group);
                }
            }
        }
        for (int branch = 0; branch < space.shortcuts().size(); branch++) {
            gate(graph, space.shortcuts().get(branch), gateName(branch));
        }
    }

    /** The model to train; its initializers have the names that they have in the model of the space. */
    Model model() {
        return model;
    }

    /** Weights are; what batch normalization has seen is not. */
    private static boolean isMasked(Graph graph, String value) {
        boolean isWeight = graph.initializer(value)
                .filter(tensor -> tensor.type() == DataType.FLOAT)
                .isPresent();
        return isWeight
                && graph.consumers(value).stream()
                        .noneMatch(node -> node.is("BatchNormalization")
                                && (node.input(3).equals(value) || node.input(4).equals(value)));
    }

    private static String maskName(Axis axis) {
        return "mask of " + axis;
    }

    private static String gateName(int branch) {
        return "gate of branch " + (branch + 1);
    }

    private static void mask(Graph graph, Axis axis, Map<String, String> masked) {
        var weight = graph.initializer(axis.value()).orElseThrow();
        var dims = ones(weight.rank());
        dims[axis.number()] = weight.dim(axis.number());
        graph.addInput(ValueInfo.tensor(maskName(axis), DataType.FLOAT, dims));
        var before = masked.getOrDefault(axis.value(), axis.value());
        var name = graph.freshName(axis.value() + "_masked");
        var product = Node.of("Mul", name, List.of(before, maskName(axis)), List.of(name));
        graph.replaceUses(before, name);
        var maker = graph.producer(before);
        if (maker.isPresent()) {
            graph.insertAfter(maker.get(), product);
        } else {
            graph.addFirst(product);
        }
        masked.put(axis.value(), name);
    }

    private static void gate(Graph graph, Shortcut shortcut, String gate) {
        var sum = graph.producer(shortcut.sum()).orElseThrow();
        int side = sum.input(0).equals(shortcut.around()) ? 1 : 0;
        graph.addInput(ValueInfo.tensor(gate, DataType.FLOAT, 1));
        var name = graph.freshName(shortcut.sum() + "_gated");
        graph.insertBefore(sum, Node.of("Mul", name, List.of(sum.input(side), gate), List.of(name)));
        graph.replace(sum, sum.withInput(side, name));
    }

    private static long[] ones(int rank) {
        var dims = new long[rank];
        Arrays.fill(dims, 1);
        return dims;
    }

    /** What to feed beside the data to compute what an architecture does. */
    Map<String, Value> masks(Architecture architecture) {
        var masks = new LinkedHashMap<String, Value>();
        var gone = new BitSet[space.groups().size()];
        for (int group = 0; group < gone.length; group++) {
            gone[group] = space.groups().get(group).without(space.kept(architecture, group));
        }
        groups.forEach((axis, group) -> masks.put(maskName(axis), mask(axis, group, gone[group])));
        for (int branch = 0; branch < space.shortcuts().size(); branch++) {
            float gate = space.stays(architecture, branch) ? 1 : 0;
            masks.put(gateName(branch), Value.of(new float[] {gate}, 1));
        }
        return masks;
    }

    private Value mask(Axis axis, int group, BitSet gone) {
        var weight = model.graph().initializer(axis.value()).orElseThrow();
        var numbers = new float[(int) weight.dim(axis.number())];
        Arrays.fill(numbers, 1);
        var slices = Objects.requireNonNull(
                space.groups().get(group).group().slices().get(axis));
        gone.stream().flatMap(channel -> Arrays.stream(slices.get(channel))).forEach(index -> numbers[index] = 0);
        var dims = ones(weight.rank());
        dims[axis.number()] = numbers.length;
        return Value.of(numbers, dims);
    }

    /** Gives the trained weights to the space, whose candidates inherit them from here on. */
    void hand() {
        for (var tensor : List.copyOf(model.graph().initializers())) {
            space.inherit(tensor);
        }
    }
}
