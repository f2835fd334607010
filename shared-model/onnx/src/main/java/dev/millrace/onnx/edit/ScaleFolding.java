package dev.millrace.onnx.edit;

import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * Folds a multiplication with, and an addition of, one number into the Convs behind it.
 *
 * <p>{@code conv(c·x) = (c·W)*x + b}; {@code conv(x + d) = W*x + (b + d·ΣW)} where nothing is padded, because padding is
 * zero and not {@code d}. In front of a padded Conv {@code c·x + d} becomes {@code x + d/c}, and the Conv takes {@code c}.
 */
public final class ScaleFolding {
    /** Below this {@code d/c} loses digits. */
    private static final float SMALLEST_FACTOR = 1e-3f;

    /** Of what a Conv takes; a number of smaller rank cannot change it. */
    private static final int LEAST_RANK = 3;

    private ScaleFolding() {}

    /**
     * Folds wherever all readers of the result are Convs with constant weights of their own.
     *
     * @return number of nodes folded away
     */
    public static int apply(Model model) {
        int folded = 0;
        for (var graph : model.graphs().toList()) {
            var nodes = List.copyOf(graph.nodes());
            for (int i = nodes.size() - 1; i >= 0; i--) {
                if (fold(graph, nodes.get(i))) {
                    folded++;
                }
            }
        }
        if (folded > 0) {
            model.graph().removeDead();
        }
        return folded;
    }

    private static boolean fold(Graph graph, Node node) {
        boolean multiplies = node.is("Mul");
        if ((!multiplies && !node.is("Add"))
                || node.inputs().size() != 2
                || graph.producer(node.output()).isEmpty()) {
            return false;
        }
        int side = number(graph, node.input(0)).isPresent() ? 0 : 1;
        var number = number(graph, node.input(side));
        if (number.isEmpty()) {
            return false;
        }
        var x = node.input(1 - side);
        if (multiplies && foldThroughAdd(graph, node, x, number.get().scalar())) {
            return true;
        }
        var layers = convolutions(graph, node.output(), multiplies);
        if (layers.isEmpty()) {
            return false;
        }
        layers.forEach(
                layer -> scaleOrShift(graph, layer, multiplies, number.get().scalar(), x));
        graph.remove(node);
        return true;
    }

    private static boolean foldThroughAdd(Graph graph, Node multiply, String x, float factor) {
        var add = graph.onlyConsumer(multiply.output()).filter(next -> next.is("Add"));
        if (add.isEmpty() || Math.abs(factor) < SMALLEST_FACTOR) {
            return false;
        }
        int side = add.get().input(0).equals(multiply.output()) ? 1 : 0;
        var shift = number(graph, add.get().input(side));
        var layers = convolutions(graph, add.get().output(), true);
        if (shift.isEmpty() || layers.isEmpty()) {
            return false;
        }
        var scaled = graph.freshName(add.get().output() + ".shift");
        graph.put(shift.get()
                .withFloats(new float[] {shift.get().scalar() / factor})
                .withName(scaled));
        layers.forEach(
                layer -> scaleOrShift(graph, layer, true, factor, add.get().output()));
        graph.remove(multiply);
        graph.replace(add.get(), add.get().withInput(side, scaled).withInput(1 - side, x));
        return true;
    }

    private static void scaleOrShift(Graph graph, LinearLayer layer, boolean multiplies, float number, String input) {
        if (multiplies) {
            var values = layer.weight().floats();
            for (int i = 0; i < values.length; i++) {
                values[i] *= number;
            }
            graph.setConstant(
                    layer.weight().withFloats(values).withName(layer.node().input(1)));
            graph.replace(layer.node(), layer.node().withInput(0, input));
        } else {
            var moved = layer.node().withInput(0, input);
            graph.replace(layer.node(), moved);
            LinearLayer.of(graph, moved).orElseThrow().fold(graph, Affine.shift(sums(layer, number)), moved.output());
        }
    }

    /** {@code d·ΣW[m]} for each output channel. */
    private static float[] sums(LinearLayer layer, float shift) {
        var values = layer.weight().floats();
        int perChannel = values.length / layer.channels();
        var sums = new float[layer.channels()];
        for (int m = 0; m < sums.length; m++) {
            double sum = 0;
            for (int i = m * perChannel; i < (m + 1) * perChannel; i++) {
                sum += values[i];
            }
            sums[m] = (float) (shift * sum);
        }
        return sums;
    }

    /** All readers of a value, if every one is a Conv that can take the number; else none. */
    private static List<LinearLayer> convolutions(Graph graph, String value, boolean multiplies) {
        var readers = graph.consumers(value);
        var layers = readers.stream()
                .filter(node -> node.is("Conv") && node.input(0).equals(value))
                .filter(node -> multiplies || isUnpadded(node))
                .flatMap(node -> LinearLayer.of(graph, node).stream())
                .filter(layer -> graph.onlyConsumer(layer.node().input(1)).isPresent())
                .toList();
        return graph.isOutput(value) || layers.size() != readers.size() ? List.of() : layers;
    }

    private static boolean isUnpadded(Node conv) {
        var padding = conv.text("auto_pad", "NOTSET");
        for (long pad : conv.ints("pads")) {
            if (pad != 0) {
                return false;
            }
        }
        return padding.isEmpty() || padding.equals("NOTSET") || padding.equals("VALID");
    }

    private static Optional<Tensor> number(Graph graph, String value) {
        return graph.constant(value)
                .filter(tensor -> tensor.elements() == 1
                        && tensor.rank() < LEAST_RANK
                        && tensor.type().isFloatingPoint());
    }
}
