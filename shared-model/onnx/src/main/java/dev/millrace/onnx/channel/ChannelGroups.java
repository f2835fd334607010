package dev.millrace.onnx.channel;

import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Node;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * The channels of a main graph whose weights are initializers.
 *
 * @param groups what may be cut, in the order of the graph
 * @param pinned axes of weights that stay whole, with the reasons
 */
public record ChannelGroups(List<ChannelGroup> groups, Map<Axis, List<String>> pinned) {
    /**
     * Ties the axes of every node.
     *
     * @param ignored nodes whose axes stay as they are
     */
    public static ChannelGroups of(Graph graph, Observation seen, Predicate<Node> ignored) {
        var union = new AxisUnion(seen.dims());
        var later = new ArrayList<Runnable>();
        graph.requiredInputs().forEach(input -> pin(union, seen, input.name(), "input of the model"));
        graph.outputs().forEach(output -> pin(union, seen, output.name(), "output of the model"));
        for (var node : graph.nodes()) {
            node.subgraphs()
                    .forEach(inner -> inner.captures().forEach(name -> pin(union, seen, name, "read inside " + node)));
            var axes = new NodeAxes(node, graph, seen, union, later);
            if (ignored.test(node)) {
                axes.pinRest("excluded: " + node);
            } else {
                Ties.of(node).ifPresent(rule -> rule.accept(axes));
                axes.pinRest("kept whole by " + node);
            }
        }
        later.forEach(Runnable::run);
        return collect(graph, union);
    }

    /** The groups that no addition of two values runs through: heads, neurons and the channels inside residual blocks. */
    public List<ChannelGroup> insideBlocks(Graph graph) {
        return groups.stream().filter(group -> !isAdded(graph, group)).toList();
    }

    private static boolean isAdded(Graph graph, ChannelGroup group) {
        var values = group.slices().keySet().stream().map(Axis::value).collect(Collectors.toSet());
        return graph.nodes().stream()
                .filter(node -> node.is("Add") || node.is("Sum"))
                .anyMatch(node -> node.inputs().stream()
                                .filter(input -> values.contains(input)
                                        && graph.constant(input).isEmpty())
                                .count()
                        > 1);
    }

    private static void pin(AxisUnion union, Observation seen, String value, String reason) {
        for (int axis = 0; axis < seen.dims().getOrDefault(value, new long[0]).length; axis++) {
            union.pin(new Axis(value, axis), reason);
        }
    }

    private static ChannelGroups collect(Graph graph, AxisUnion union) {
        var channels = new LinkedHashMap<Integer, Map<Axis, List<Integer>>>();
        var pinned = new LinkedHashMap<Axis, List<String>>();
        for (var axis : union.axes()) {
            for (int index = 0; index < union.size(axis); index++) {
                int component = union.find(axis, index);
                if (!union.pinned(component)) {
                    channels.computeIfAbsent(component, c -> new LinkedHashMap<>())
                            .computeIfAbsent(axis, a -> new ArrayList<>())
                            .add(index);
                }
            }
            if (graph.initializer(axis.value())
                            .filter(tensor -> tensor.rank() > 1)
                            .isPresent()
                    && !union.reasons(axis).isEmpty()) {
                pinned.put(axis, union.reasons(axis));
            }
        }
        var bySignature = new LinkedHashMap<Map<String, Integer>, Map<Axis, List<int[]>>>();
        for (var channel : channels.values()) {
            if (channel.keySet().stream()
                    .noneMatch(axis -> graph.initializer(axis.value()).isPresent())) {
                continue;
            }
            var signature = new TreeMap<String, Integer>();
            channel.forEach((axis, indices) -> signature.put(axis.toString(), indices.size()));
            var slices = bySignature.computeIfAbsent(signature, s -> new LinkedHashMap<>());
            channel.forEach((axis, indices) -> slices.computeIfAbsent(axis, a -> new ArrayList<>())
                    .add(indices.stream().mapToInt(Integer::intValue).toArray()));
        }
        return new ChannelGroups(
                bySignature.values().stream()
                        .map(ChannelGroup::new)
                        .filter(group -> group.size() > 1)
                        .toList(),
                pinned);
    }
}
