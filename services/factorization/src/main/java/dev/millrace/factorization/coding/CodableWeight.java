package dev.millrace.factorization.coding;

import dev.millrace.factorization.Activations;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.edit.NodeGlobs;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;

/**
 * An initializer of the main graph with two axes or more that layers multiply with or look rows up in.
 *
 * @param readers all nodes that read it
 */
record CodableWeight(Graph graph, Tensor tensor, List<Node> readers) {
    private static final Map<String, Set<Integer>> INPUTS = Map.of(
            "MatMul", Set.of(0, 1),
            "Gemm", Set.of(0, 1),
            "Conv", Set.of(1),
            "ConvTranspose", Set.of(1),
            "LSTM", Set.of(1, 2),
            "GRU", Set.of(1, 2),
            "RNN", Set.of(1, 2),
            "Gather", Set.of(0),
            "Transpose", Set.of(0));

    /**
     * The weights that may be coded.
     *
     * @param least elements, below which a weight is left
     * @param left told the name of each other one and why
     */
    static List<CodableWeight> of(Model model, NodeGlobs ignored, int least, BiConsumer<String, String> left) {
        var graph = model.graph();
        var weights = new ArrayList<CodableWeight>();
        for (var tensor : graph.initializers()) {
            if (!tensor.type().isFloatingPoint() || tensor.rank() < 2) {
                continue;
            }
            var weight = new CodableWeight(graph, tensor, graph.consumers(tensor.name()));
            var obstacle = weight.obstacle(ignored, least);
            if (obstacle.isEmpty()) {
                weights.add(weight);
            } else {
                left.accept(tensor.name(), obstacle);
            }
        }
        return weights;
    }

    private String obstacle(NodeGlobs ignored, int least) {
        if (readers.stream().anyMatch(ignored::contains)) {
            return "it was asked for";
        }
        if (graph.isInput(tensor.name()) || graph.isOutput(tensor.name())) {
            return "it is an input or output of the model";
        }
        if (tensor.elements() < least) {
            return "it has only " + tensor.elements() + " elements";
        }
        var stranger = readers.stream().filter(node -> !multiplies(node)).findFirst();
        if (stranger.isPresent()) {
            return "it is read by " + stranger.get();
        }
        return readers.isEmpty() ? "nothing reads it" : isFinite() ? "" : "it has elements that are no numbers";
    }

    private boolean multiplies(Node node) {
        var allowed = node.domain().isEmpty() ? INPUTS.getOrDefault(node.opType(), Set.of()) : Set.<Integer>of();
        return IntStream.range(0, node.inputs().size())
                .filter(input -> node.input(input).equals(name()))
                .allMatch(allowed::contains);
    }

    private boolean isFinite() {
        for (float value : tensor.floats()) {
            if (!Float.isFinite(value)) {
                return false;
            }
        }
        return true;
    }

    String name() {
        return tensor.name();
    }

    /** Whether it is a table of which rows are looked up, and nothing else. */
    boolean isTable() {
        return tensor.rank() == 2
                && readers.stream().allMatch(node -> node.is("Gather") && node.integer("axis", 0) == 0);
    }

    /** The value that the weight multiplies, if it is multiplied once and the features of that value are known. */
    Optional<Activations.Subject> subject() {
        if (readers.size() != 1 || !readers.get(0).input(1).equals(name())) {
            return Optional.empty();
        }
        var node = readers.get(0);
        boolean matrix = tensor.rank() == 2 && (node.is("MatMul") || node.is("Gemm")) && node.integer("transA", 0) == 0;
        boolean kernel = node.is("Conv") && node.integer("group", 1) == 1;
        return matrix || kernel ? Optional.of(new Activations.Subject(node.input(0), matrix, false)) : Optional.empty();
    }

    /** Whether outputs lie on the first axis and inputs on the second. */
    boolean isTransposed() {
        var reader = readers.get(0);
        return reader.is("Conv") || reader.integer("transB", 0) != 0;
    }

    /** Whether it is a matrix of inputs and outputs. */
    boolean isMatrix() {
        return tensor.rank() == 2 || tensor.elements() == tensor.dim(0) * tensor.dim(1);
    }

    /** Elements side by side that multiply the same of so many inputs. */
    int elementsOfAnInput(int inputs) {
        return isTransposed() ? (int) (tensor.elements() / tensor.dim(0) / inputs) : (int) tensor.dim(1);
    }
}
