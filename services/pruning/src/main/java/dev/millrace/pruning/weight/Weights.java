package dev.millrace.pruning.weight;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.edit.NodeGlobs;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Finds the weights of a model: initializers, Constant nodes, in branches, behind Identity and Transpose, shared ones once. */
public final class Weights {
    static final Set<String> RECURRENT = Set.of("LSTM", "GRU", "RNN");
    private static final int MAX_CHAIN = 8;

    private final boolean embeddings;
    private final NodeGlobs ignored;

    /** By defining graph and name, in the order of the graph. */
    private final IdentityHashMap<Graph, Map<String, Found>> found = new IdentityHashMap<>();

    private final List<Found> inOrder = new ArrayList<>();

    private Weights(boolean embeddings, NodeGlobs ignored) {
        this.embeddings = embeddings;
        this.ignored = ignored;
    }

    /** A constant, the layers that multiply with it, and whether anything forbids to change it. */
    private static final class Found {
        private final Graph graph;
        private final Tensor tensor;
        private final List<Weight.Use> uses = new ArrayList<>();
        private boolean fixed;

        private Found(Graph graph, Tensor tensor) {
            this.graph = graph;
            this.tensor = tensor;
        }
    }

    /**
     * The weights that may be pruned.
     *
     * @param embeddings whether tables that Gather reads count
     * @throws RefusedException {@code NOTHING_TO_PRUNE} if there are none
     */
    public static List<Weight> of(Model model, boolean embeddings, NodeGlobs ignored) {
        var weights = new Weights(embeddings, ignored);
        model.graphs().forEach(weights::search);
        var prunable = weights.inOrder.stream()
                .filter(each -> !each.fixed && !each.uses.isEmpty())
                .map(each -> new Weight(each.graph, each.tensor, List.copyOf(each.uses)))
                .toList();
        if (prunable.isEmpty()) {
            throw new RefusedException(
                    "NOTHING_TO_PRUNE",
                    "model",
                    "no float weight of Conv, ConvTranspose, Gemm, MatMul, LSTM, GRU or RNN that may be changed",
                    "at least one");
        }
        return prunable;
    }

    private void search(Graph graph) {
        for (var node : graph.nodes()) {
            if (node.is("Identity") || node.is("Transpose") || node.is("Constant")) {
                continue;
            }
            for (int input = 0; input < node.inputs().size(); input++) {
                read(graph, node, input);
            }
        }
        graph.outputs().forEach(output -> {
            var source = source(graph, output.name());
            if (source != null) {
                source.found.fixed = true;
            }
        });
    }

    private void read(Graph graph, Node node, int input) {
        var source = source(graph, node.input(input));
        if (source == null) {
            return;
        }
        int rank = source.found.tensor.rank();
        var axis = inputAxis(node, input, rank);
        if (axis.isEmpty() || ignored.contains(node)) {
            source.found.fixed = true;
        } else {
            int kernel = node.is("Conv") || node.is("ConvTranspose") ? 2 : rank; // the axes behind are summed over too
            var summed = IntStream.concat(IntStream.of(axis.getAsInt()), IntStream.range(kernel, rank))
                    .mapToObj(source::storedAxis)
                    .toList();
            source.found.uses.add(new Weight.Use(graph, node, input, summed));
        }
    }

    /** A constant and the permutation between how it is stored and how it is read. */
    private record Source(Found found, List<long[]> permutations) {
        int storedAxis(int axis) {
            long stored = axis;
            for (var permutation : permutations) {
                stored = permutation[(int) stored];
            }
            return (int) stored;
        }
    }

    private @Nullable Source source(Graph graph, String value) {
        var permutations = new ArrayList<long[]>();
        var scope = graph;
        var name = value;
        for (int step = 0; step < MAX_CHAIN; step++) {
            while (!scope.defines(name)) {
                if (scope.parent().isEmpty()) {
                    return null;
                }
                scope = scope.parent().get();
            }
            var constant = scope.constant(name);
            if (constant.isPresent()) {
                return isWeight(constant.get()) ? new Source(found(scope, constant.get()), permutations) : null;
            }
            var producer = scope.producer(name);
            if (producer.isEmpty()
                    || !(producer.get().is("Identity") || producer.get().is("Transpose"))) {
                return null;
            }
            if (producer.get().has("perm")) {
                permutations.add(producer.get().ints("perm"));
            } else if (producer.get().is("Transpose")) {
                permutations.add(new long[] {1, 0});
            }
            name = producer.get().input(0);
        }
        return null;
    }

    private static boolean isWeight(Tensor tensor) {
        return tensor.type().isFloatingPoint() && tensor.rank() >= 2;
    }

    private Found found(Graph graph, Tensor tensor) {
        return found.computeIfAbsent(graph, each -> new LinkedHashMap<>()).computeIfAbsent(tensor.name(), name -> {
            var fresh = new Found(graph, tensor);
            inOrder.add(fresh);
            return fresh;
        });
    }

    /** The axis of a weight along which its layer sums; empty if the input is no weight of a layer. */
    private OptionalInt inputAxis(Node node, int input, int rank) {
        if (!node.domain().isEmpty()) {
            return OptionalInt.empty();
        }
        int axis =
                switch (node.opType()) {
                    case "Conv" -> input == 1 ? 1 : -1;
                    case "ConvTranspose" -> input == 1 ? 0 : -1;
                    case "MatMul" -> input == 1 ? rank - 2 : rank - 1;
                    case "Gemm" ->
                        switch (input) {
                            case 0 -> node.integer("transA", 0) == 0 ? 1 : 0;
                            case 1 -> node.integer("transB", 0) == 0 ? 0 : 1;
                            default -> -1;
                        };
                    case "Gather" -> embeddings && input == 0 ? rank - 1 : -1;
                    default -> RECURRENT.contains(node.opType()) && (input == 1 || input == 2) ? 2 : -1;
                };
        return axis < 0 ? OptionalInt.empty() : OptionalInt.of(axis);
    }
}
