package dev.millrace.engine;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.ValueInfo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Computes what nodes make of constants, so that it is a constant too: weights that an exporter wrote as slices of others,
 * shapes, tables. ONNX Runtime computes it, so every operator is known, and gives what it would give when the model runs.
 *
 * <p>Not folded: operators that are random, DequantizeLinear (its weight would be float again), control flow, outputs of a
 * graph, and what would make the file grow: a result larger than {@value #SMALL_BYTES} bytes must not be larger than the
 * constants that are gone when it is there.
 */
public final class ConstantFolding {
    private static final long SMALL_BYTES = 512;

    private static final Set<String> DOMAINS = Set.of("", "com.microsoft");

    private static final Set<String> NEVER = Set.of("Constant", "DequantizeLinear");

    private final Graph graph;

    /** Nodes whose results depend on constants alone, and on which. */
    private final Map<Node, Set<String>> known = new LinkedHashMap<>();

    /** Their results, to the node that makes them. */
    private final Map<String, Node> makers = new HashMap<>();

    private ConstantFolding(Graph graph) {
        this.graph = graph;
    }

    /**
     * Folds in the main graph and in all below it. What ONNX Runtime cannot compute stays as it is.
     *
     * @param directory for a temporary model
     * @return number of tensors that are constants now
     */
    public static int apply(Model model, Path directory) throws IOException {
        model.raiseIrVersion(4);
        int folded = 0;
        for (var graph : model.graph().graphs().toList()) {
            folded += new ConstantFolding(graph).fold(model, directory);
        }
        model.graph().removeDead();
        return folded;
    }

    private int fold(Model model, Path directory) throws IOException {
        for (var node : graph.order()) {
            if (foldable(node)) {
                known.put(node, constantsBehind(node));
                node.outputs().forEach(output -> makers.put(output, node));
            }
        }
        var results = results();
        if (results.isEmpty()) {
            return 0;
        }
        int folded = 0;
        for (var result : computed(model, results, directory)) {
            if (result.sizeBytes() <= Math.max(SMALL_BYTES, freedBytes(result)) && replace(result)) {
                folded++;
            }
        }
        return folded;
    }

    private boolean foldable(Node node) {
        return DOMAINS.contains(node.domain())
                && !NEVER.contains(node.opType())
                && !node.isRandom()
                && node.subgraphs().isEmpty()
                && node.inputs().stream().allMatch(input -> input.isEmpty() || isKnown(input));
    }

    private boolean isKnown(String value) {
        return makers.containsKey(value)
                || (!overridable(value)
                        && graph.constant(value)
                                .filter(tensor -> tensor.type() != DataType.STRING)
                                .isPresent());
    }

    /** Whether whoever runs the model may give another value. */
    private boolean overridable(String value) {
        for (Optional<Graph> around = Optional.of(graph);
                around.isPresent();
                around = around.get().parent()) {
            if (around.get().isInput(value)) {
                return true;
            }
        }
        return false;
    }

    private Set<String> constantsBehind(Node node) {
        var constants = new LinkedHashSet<String>();
        for (var input : node.inputs()) {
            var maker = makers.get(input);
            if (maker != null) {
                constants.addAll(known.getOrDefault(maker, Set.of()));
            } else if (!input.isEmpty()) {
                constants.add(input);
            }
        }
        return constants;
    }

    /**
     * Bytes of the constants that a result is made of and that nothing else reads. Those of a graph around this one are
     * counted as if no other graph read them.
     */
    private long freedBytes(Tensor result) {
        var maker = graph.producer(result.name());
        return maker.map(known::get).orElse(Set.of()).stream()
                .filter(constant -> graph.consumers(constant).stream().allMatch(known::containsKey))
                .flatMap(constant -> graph.constant(constant).stream())
                .mapToLong(Tensor::sizeBytes)
                .sum();
    }

    /** What nodes that stay read of those that are known; an output of the graph must be made by a node. */
    private Set<String> results() {
        var results = new LinkedHashSet<String>();
        for (var node : known.keySet()) {
            for (var output : node.outputs()) {
                boolean readByOthers = graph.consumers(output).stream().anyMatch(reader -> !known.containsKey(reader));
                if (!output.isEmpty() && readByOthers && !graph.isOutput(output)) {
                    results.add(output);
                }
            }
        }
        return results;
    }

    private List<Tensor> computed(Model model, Set<String> results, Path directory) throws IOException {
        var alone = new Graph("constants");
        for (var node : known.keySet()) {
            for (var input : node.inputs()) {
                if (!input.isEmpty() && !makers.containsKey(input)) {
                    graph.constant(input).ifPresent(alone::put);
                }
            }
            alone.add(node);
        }
        results.forEach(result -> alone.addOutput(ValueInfo.untyped(result)));
        var constants = new Model(alone, model.opset());
        model.opsets().forEach(constants::setOpset);
        constants.setIrVersion(model.irVersion());
        var file = directory.resolve("constants.onnx");
        constants.write(file);
        var settings = SessionSettings.threads(1)
                .optimization(SessionSettings.Optimization.NONE)
                .frugal();
        try (var session = OrtSession.open(file, settings);
                var values = session.run(Map.of())) {
            return results.stream()
                    .map(result -> tensor(result, values.get(result)))
                    .toList();
        } catch (RefusedException e) { // an operator that ONNX Runtime lacks, or a result of another kind
            return List.of();
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private static Tensor tensor(String name, Value value) {
        var bytes = ByteBuffer.allocate(value.bytes().remaining());
        bytes.put(value.bytes()).flip();
        return Tensor.of(name, value.type(), bytes, value.dims());
    }

    /** A node with other outputs that somebody reads must stay, and makes its outputs itself. */
    private boolean replace(Tensor result) {
        var maker = graph.producer(result.name());
        boolean alone = maker.isPresent()
                && maker.get().outputs().stream()
                        .filter(output -> !output.isEmpty() && !output.equals(result.name()))
                        .allMatch(other -> graph.consumers(other).isEmpty() && !graph.isOutput(other));
        if (alone) {
            graph.remove(maker.get());
            graph.put(result);
        }
        return alone;
    }
}
