package dev.millrace.factorization;

import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.edit.NodeGlobs;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;

/** A node of the main graph that multiplies with a constant weight which nothing else reads. */
public record Layer(Graph graph, Node node, Tensor weight) {
    private static final Set<String> TYPES = Set.of("MatMul", "Gemm", "Conv");

    /**
     * The layers that may be changed.
     *
     * @param left told the other ones and why
     */
    static List<Layer> of(Model model, NodeGlobs ignored, BiConsumer<Node, String> left) {
        var graph = model.graph();
        var layers = new ArrayList<Layer>();
        for (var node : graph.nodes()) {
            if (!node.domain().isEmpty() || !TYPES.contains(node.opType())) {
                continue;
            }
            var weight = graph.initializer(node.input(1))
                    .filter(tensor -> tensor.type().isFloatingPoint());
            if (weight.isEmpty()) {
                if (!node.is("MatMul")) {
                    left.accept(node, "its weight is computed");
                }
                continue;
            }
            var layer = new Layer(graph, node, weight.get());
            var obstacle = ignored.contains(node) ? "it was asked for" : layer.obstacle();
            if (obstacle.isEmpty()) {
                layers.add(layer);
            } else {
                left.accept(node, obstacle);
            }
        }
        return layers;
    }

    private String obstacle() {
        if (graph.isInput(weight.name())) {
            return "its weight is an input of the model";
        }
        if (graph.onlyConsumer(weight.name()).isEmpty()) {
            return "its weight is read elsewhere too";
        }
        if (isConv()) {
            return node.integer("group", 1) != 1 ? "its channels are in groups" : "";
        }
        if (weight.rank() != 2) {
            return "its weight has " + weight.rank() + " axes";
        }
        return node.integer("transA", 0) != 0 ? "it transposes its input" : "";
    }

    boolean isConv() {
        return node.is("Conv");
    }

    String name() {
        return NodeGlobs.name(node);
    }

    /** K: inputs that each output sums over. */
    int inputs() {
        return Math.toIntExact(weight.elements() / Math.max(1, outputs()));
    }

    /** N. */
    int outputs() {
        return (int) weight.dim(isConv() || isTransposed() ? 0 : 1);
    }

    private boolean isTransposed() {
        return node.is("Gemm") && node.integer("transB", 0) != 0;
    }

    /** The weight as {@code (K, N)}. */
    float[] matrix() {
        var stored = weight.floats();
        return isConv() || isTransposed() ? transposed(stored, outputs(), inputs()) : stored;
    }

    /** {@code (rows, columns)} to {@code (columns, rows)}. */
    public static float[] transposed(float[] matrix, int rows, int columns) {
        var turned = new float[matrix.length];
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                turned[column * rows + row] = matrix[row * columns + column];
            }
        }
        return turned;
    }

    /** What is added to the product, one for each output; empty if it is not known before running. */
    Optional<float[]> bias() {
        if (!node.hasInput(2)) {
            return Optional.of(new float[outputs()]);
        }
        return constantBias()
                .map(Tensor::floats)
                .filter(values -> values.length == outputs() || values.length == 1)
                .map(this::spread);
    }

    /** Whether it needs nothing of the graph but its input. */
    boolean standsAlone() {
        return !node.hasInput(2) || constantBias().isPresent();
    }

    Optional<Tensor> constantBias() {
        return graph.constant(node.input(2));
    }

    private float[] spread(float[] values) {
        float beta = node.is("Gemm") ? node.real("beta", 1) : 1;
        var spread = new float[outputs()];
        for (int i = 0; i < spread.length; i++) {
            spread[i] = beta * values[values.length == 1 ? 0 : i];
        }
        return spread;
    }

    /** A tensor of the weight's element type, under a fresh name. */
    String put(String suffix, float[] values, long... dims) {
        var name = graph.freshName(weight.name() + suffix);
        graph.put(Tensor.floats(name, weight.type(), values, dims));
        return name;
    }

    /** Puts nodes where this one stands, the last of which makes its output, and removes the weight. */
    void replace(Node... nodes) {
        graph.replace(node, nodes);
        graph.removeInitializer(weight.name());
    }

    /** A name for a value or node beside this one's. */
    String fresh(String suffix) {
        return graph.freshName(name() + suffix);
    }
}
