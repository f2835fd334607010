package dev.millrace.pruning.structured;

import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Macs;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.channel.Axis;
import dev.millrace.onnx.channel.ChannelGroup;
import dev.millrace.onnx.channel.Observation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a network costs, by counting.
 *
 * @param channels of all groups
 * @param parameters of floating point
 * @param macs multiply-accumulates of one sample; −1 where they cannot be counted
 */
record Size(long channels, long parameters, long macs) {
    /** Counts a model for any widths of its groups, without cutting it. */
    static final class Counter {
        private final Graph graph;
        private final Observation seen;
        private final List<ChannelGroup> groups;
        private final Map<String, List<Narrowed>> narrowed = new HashMap<>();

        /**
         * An axis that gets shorter with a group.
         *
         * @param perChannel indices that go with a channel
         */
        private record Narrowed(int axis, int group, int perChannel) {}

        Counter(Graph graph, Observation seen, List<ChannelGroup> groups) {
            this.graph = graph;
            this.seen = seen;
            this.groups = groups;
            for (int g = 0; g < groups.size(); g++) {
                int group = g;
                groups.get(g)
                        .slices()
                        .forEach((axis, slices) ->
                                narrowed(axis).add(new Narrowed(axis.number(), group, slices.get(0).length)));
            }
        }

        private List<Narrowed> narrowed(Axis axis) {
            return narrowed.computeIfAbsent(axis.value(), value -> new ArrayList<>());
        }

        /** @param widths channels that stay, by group */
        Size of(int[] widths) {
            var dims = new LinkedHashMap<>(seen.dims());
            narrowed.forEach(
                    (value, axes) -> dims.computeIfPresent(value, (name, before) -> after(before, axes, widths)));
            long channels = 0;
            for (int width : widths) {
                channels += width;
            }
            long parameters = graph.initializers().stream()
                    .filter(tensor -> tensor.type().isFloatingPoint())
                    .mapToLong(tensor -> Tensor.product(dims.getOrDefault(tensor.name(), tensor.dims())))
                    .sum();
            return new Size(channels, parameters, Macs.of(graph, dims).orElse(-1));
        }

        private long[] after(long[] before, List<Narrowed> axes, int[] widths) {
            var after = before.clone();
            for (var each : axes) {
                int gone = groups.get(each.group).size() - widths[each.group];
                after[each.axis] -= (long) gone * each.perChannel;
            }
            return after;
        }
    }
}
