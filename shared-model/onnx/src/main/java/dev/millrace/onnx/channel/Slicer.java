package dev.millrace.onnx.channel;

import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import java.util.Arrays;
import java.util.List;

/** Removes channels for good: weights get smaller, and target shapes, sizes of parts and group counts follow. */
public final class Slicer {
    private final Model model;
    private final Graph graph;
    private final Observation seen;
    private final Cut cut;

    private Slicer(Model model, Observation seen, Cut cut) {
        this.model = model;
        this.graph = model.graph();
        this.seen = seen;
        this.cut = cut;
    }

    /** Cuts the model where it stands. */
    public static void apply(Model model, Observation seen, Cut cut) {
        new Slicer(model, seen, cut).run();
    }

    private void run() {
        for (var node : List.copyOf(graph.nodes())) {
            follow(node);
        }
        for (var tensor : List.copyOf(graph.initializers())) {
            if (cut.touches(tensor.name())) {
                graph.removeInput(tensor.name()); // a default that had the old dims
                graph.put(cut.apply(tensor));
            }
        }
        List.copyOf(graph.valueInfos()).stream()
                .filter(info -> cut.touches(info.name()))
                .forEach(info -> graph.removeValueInfo(info.name()));
        graph.removeDead(); // constants that others replaced
    }

    private long before(String value, int axis) {
        return seen.dimsOf(value)[axis];
    }

    private long after(String value, int axis) {
        return cut.size(value, axis, before(value, axis));
    }

    private void follow(Node node) {
        switch (node.opType()) {
            case "Conv", "FusedConv", "ConvTranspose" -> fewer(node, node.input(0), 1, "group");
            case "GroupNormalization" -> fewer(node, node.input(0), 1, "num_groups");
            case "Attention" -> {
                if (seen.dimsOf(node.output()).length == 3) {
                    for (var heads : List.of("num_heads", "q_num_heads", "kv_num_heads")) {
                        fewer(reader(node.output()), node.output(), 2, heads);
                    }
                }
            }
            case "Split" -> parts(node);
            case "Reshape", "Expand" -> target(node, 1);
            case "Resize" -> target(node, 3);
            case "LSTM", "GRU", "RNN" -> {
                if (cut.touches(node.input(2))) {
                    graph.replace(node, node.with(Attribute.of("hidden_size", after(node.input(2), 2))));
                }
            }
            default -> {
                // shapes follow by themselves
            }
        }
    }

    /** A number of parts that get fewer as an axis of a value gets shorter. */
    private void fewer(Node node, String value, int axis, String parts) {
        long count = node.integer(parts, 1);
        if (count > 1 && cut.touches(value)) {
            graph.replace(node, node.with(Attribute.of(parts, after(value, axis) * count / before(value, axis))));
        }
    }

    private void parts(Node node) {
        int axis = Math.floorMod((int) node.integer("axis", 0), seen.dimsOf(node.input(0)).length);
        if (after(node.input(0), axis) == before(node.input(0), axis)) {
            return;
        }
        var sizes =
                node.outputs().stream().mapToLong(output -> after(output, axis)).toArray();
        if (model.opset() < 13) {
            graph.replace(node, node.with(Attribute.ints("split", sizes)));
        } else {
            var name = graph.freshName(node.output() + "_sizes");
            graph.put(Tensor.longs(name, sizes, sizes.length));
            graph.replace(node, node.withInputs(node.input(0), name).without("num_outputs"));
        }
    }

    private void target(Node node, int input) {
        if (!node.hasInput(input) || !cut.touches(node.output())) {
            return;
        }
        var dims = seen.dimsOf(node.output());
        int shift = (int) (before(node.input(input), 0) - dims.length);
        for (int axis = Math.max(0, -shift); axis < dims.length; axis++) {
            long size = after(node.output(), axis);
            if (size != dims[axis]) {
                var current = reader(node.output());
                Stretch.find(graph, seen, current, input, axis + shift).ifPresent(entry -> set(entry, size));
            }
        }
    }

    private Node reader(String output) {
        return graph.producer(output).orElseThrow();
    }

    /** Writes a number into a constant of the reader's own, since others may read the old one. */
    private void set(Stretch entry, long size) {
        var constant = graph.constant(entry.reader().input(entry.input())).orElseThrow();
        var numbers = constant.longs();
        if (numbers[entry.index()] <= 1) {
            return;
        }
        var changed = Arrays.copyOf(numbers, numbers.length);
        changed[entry.index()] = size;
        var name = graph.freshName(constant.name() + "_pruned");
        graph.put(Tensor.longs(name, changed, constant.dims()));
        seen.dims().put(name, constant.dims());
        var reader = reader(entry.reader().output());
        graph.replace(reader, reader.withInput(entry.input(), name));
    }
}
