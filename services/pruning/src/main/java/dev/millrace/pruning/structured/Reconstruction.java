package dev.millrace.pruning.structured;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.engine.moment.Regressions;
import dev.millrace.engine.moment.Vectors;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.ValueInfo;
import dev.millrace.onnx.channel.Cut;
import dev.millrace.onnx.channel.Observation;
import dev.millrace.onnx.edit.NodeGlobs;
import dev.millrace.pruning.weight.InputVectors;
import dev.millrace.pruning.weight.Matrix;
import dev.millrace.pruning.weight.Weight;
import dev.millrace.pruning.weight.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Fits the layers that are left to what the model said before its channels went: layer by layer in the order of the graph,
 * the weights and the bias move by least squares so that the layer's output, or the sum that it is added to, comes nearest
 * to that of the whole model on data (after He, Zhang and Sun, "Channel pruning for accelerating very deep neural networks",
 * 2017). Needs no labels and no gradients. To scale and shift each channel, as re-estimated biases and batch statistics do,
 * is a special case of moving all weights: of a layer's output the error is then larger, and done afterwards it moves the
 * answers away again. Cost: two runs of the samples for each layer, and a factorization of its inputs.
 */
final class Reconstruction {
    /** Vectors for each column of a weight that are enough. */
    private static final int VECTORS_PER_COLUMN = 12;

    /** Vectors that even a small weight is fitted to, since its neighbours at one position are much alike. */
    private static final long LEAST_VECTORS = 1 << 12;

    /** What a change of a weight costs, as a share of what it is multiplied with. */
    private static final double RIDGE = 0.01;

    private static final int MAX_COLUMNS = 1 << 12;

    private final Subject original;
    private final Observation seen;
    private final Cut cut;
    private final Model model;
    private final Predicate<Layer> wanted;

    private Reconstruction(Subject original, Observation seen, Cut cut, Model model, Predicate<Layer> wanted) {
        this.original = original;
        this.seen = seen;
        this.cut = cut;
        this.model = model;
        this.wanted = wanted;
    }

    /**
     * A layer to fit.
     *
     * @param endpoint what should be as before: its output, or a sum of that with other values
     * @param bias the constant that is added to all positions alike; absent where there is none
     */
    private record Layer(Weight weight, Node node, Vectors vectors, String endpoint, Optional<Tensor> bias) {}

    /**
     * Fits a model where it stands.
     *
     * @param original the whole model
     * @param seen its dims
     * @param cut what went from it
     * @param model what is left
     * @return number of layers that were fitted
     */
    static int fit(Subject original, Observation seen, Cut cut, Model model) throws IOException {
        return new Reconstruction(original, seen, cut, model, layer -> true).run();
    }

    /** The same for those layers only that read less than before. */
    static void fitReaders(Subject original, Observation seen, Cut cut, Model model) throws IOException {
        new Reconstruction(original, seen, cut, model, layer -> readsLess(layer, original)).run();
    }

    private static boolean readsLess(Layer layer, Subject original) {
        int axis = layer.weight().uses().get(0).inputAxis();
        var before = original.graph().constant(layer.weight().name());
        return before.filter(
                        whole -> whole.dims()[axis] > layer.weight().tensor().dims()[axis])
                .isPresent();
    }

    private int run() throws IOException {
        var layers = layers();
        int done = 0;
        while (done < layers.size()) {
            original.context().progress(0.5 + 0.5 * done / layers.size(), "fitting layers");
            var together = together(layers.subList(done, layers.size()));
            fit(together);
            done += together.size();
        }
        return layers.size();
    }

    private List<Layer> layers() {
        var byNode = new LinkedHashMap<String, Weight>();
        for (var weight : Weights.of(model, false, NodeGlobs.of("ignored", List.of(), model))) {
            if (weight.uses().size() == 1
                    && weight.uses().get(0).graph().parent().isEmpty()) {
                byNode.put(weight.uses().get(0).node().output(), weight);
            }
        }
        var layers = new ArrayList<Layer>();
        for (var node : model.graph().order()) {
            var weight = byNode.get(node.output());
            if (weight != null && isLinear(node) && weight.uses().get(0).input() == 1) {
                InputVectors.of(weight, weight.uses().get(0))
                        .filter(vectors -> Matrix.of(weight).columns() <= MAX_COLUMNS)
                        .ifPresent(vectors -> layers.add(layer(weight, node, vectors)));
            }
        }
        return layers.stream().filter(wanted).toList();
    }

    private static boolean isLinear(Node node) {
        return node.is("MatMul")
                || isConvolution(node)
                || (node.is("Gemm") && node.real("alpha", 1) == 1 && node.real("beta", 1) == 1);
    }

    private static boolean isConvolution(Node node) {
        return node.is("Conv") || node.is("ConvTranspose");
    }

    /** Follows additions as long as nothing else reads the sum. */
    private Layer layer(Weight weight, Node node, Vectors vectors) {
        int rows = Matrix.of(weight).rows();
        var bias = node.is("MatMul") ? Optional.<Tensor>empty() : own(node.input(2), rows);
        var endpoint = node.output();
        for (var next = addition(node, endpoint); next.isPresent(); next = addition(node, endpoint)) {
            var other = next.get().input(next.get().input(0).equals(endpoint) ? 1 : 0);
            if (bias.isEmpty() && node.is("MatMul")) {
                bias = own(other, rows);
            }
            endpoint = next.get().output();
        }
        return new Layer(weight, node, vectors, endpoint, bias);
    }

    /** The addition to a layer's output, or to a sum with it, that alone reads it and has the same dims. */
    private Optional<Node> addition(Node layer, String sum) {
        return model.graph()
                .onlyConsumer(sum)
                .filter(next -> next.is("Add") && Arrays.equals(dims(next.output()), dims(layer.output())));
    }

    private long[] dims(String value) {
        return seen.dims().getOrDefault(value, new long[0]);
    }

    /** A constant that nothing else reads, with one number for each row. */
    private Optional<Tensor> own(String name, int rows) {
        var graph = model.graph();
        return graph.initializer(name)
                .filter(tensor -> tensor.type().isFloatingPoint()
                        && tensor.elements() == rows
                        && graph.consumers(name).size() == 1);
    }

    /** The first layers that read one value and end in values of their own. */
    private static List<Layer> together(List<Layer> layers) {
        var together = new ArrayList<Layer>();
        var endpoints = new LinkedHashSet<String>();
        for (var layer : layers) {
            if (!layer.vectors().value().equals(layers.get(0).vectors().value()) || !endpoints.add(layer.endpoint())) {
                break;
            }
            together.add(layer);
        }
        return together;
    }

    private void fit(List<Layer> layers) throws IOException {
        var endpoints = layers.stream().map(Layer::endpoint).toList();
        var input = layers.get(0).vectors().value();
        var shown = new ArrayList<>(endpoints);
        if (model.graph().producer(input).isPresent() && !shown.contains(input)) {
            shown.add(input);
        }
        var context = original.context();
        var before = until(original.model(), endpoints);
        var after = until(model, shown);
        try (var regressions = Regressions.open(context.workDirectory(), context.threads());
                var samples = Samples.of(before, endpoints, context);
                var session = OrtSession.observing(
                        after, shown, context.workDirectory(), SessionSettings.threads(context.threads()))) {
            var wishes =
                    layers.stream().map(layer -> regression(regressions, layer)).toList();
            samples.forEach(original.samples(), seen -> {
                var feed = new LinkedHashMap<String, Value>();
                session.inputs().forEach(each -> feed.put(each.name(), Objects.requireNonNull(seen.get(each.name()))));
                try (var outputs = session.run(feed, shown)) {
                    var fed = feed.containsKey(input) ? feed.get(input) : outputs.get(input);
                    for (int i = 0; i < layers.size(); i++) {
                        var endpoint = layers.get(i).endpoint();
                        add(
                                layers.get(i),
                                wishes.get(i),
                                Objects.requireNonNull(fed),
                                Objects.requireNonNull(seen.get(endpoint)),
                                outputs.get(endpoint));
                    }
                }
            });
            for (int i = 0; i < layers.size(); i++) {
                change(layers.get(i), wishes.get(i).solution(RIDGE));
            }
        } finally {
            Files.delete(before);
            Files.delete(after);
        }
    }

    private static Regressions.Regression regression(Regressions regressions, Layer layer) {
        var matrix = Matrix.of(layer.weight());
        boolean constant = layer.bias().isPresent() || mayHaveBias(layer.node());
        return regressions.regression(matrix.groups(), matrix.columns(), matrix.rows(), constant);
    }

    /** Whether a bias that the layer has not may be added. */
    private static boolean mayHaveBias(Node node) {
        return !node.is("MatMul") && !node.hasInput(2);
    }

    /** A copy of a model that ends in some of its values. */
    private Path until(Model whole, List<String> values) throws IOException {
        var part = whole.copy();
        var graph = part.graph();
        values.stream()
                .filter(value -> !graph.isOutput(value))
                .forEach(value -> graph.addOutput(ValueInfo.untyped(value)));
        List.copyOf(graph.outputs()).stream()
                .filter(output -> !values.contains(output.name()))
                .forEach(output -> graph.removeOutput(output.name()));
        graph.removeDead();
        var file = Files.createTempFile(original.context().workDirectory(), "part", ".onnx");
        part.write(file);
        return file;
    }

    /** Adds what the layer should give more, at evenly spaced positions. */
    private void add(Layer layer, Regressions.Regression regression, Value input, Value wanted, Value found) {
        int axis = isConvolution(layer.node()) ? 1 : found.rank() - 1;
        var gone = cut.removed(layer.endpoint(), axis);
        var stay = LongStream.range(0, wanted.dim(axis))
                .filter(index -> !gone.get((int) index))
                .toArray();
        long enough = Math.max(
                LEAST_VECTORS,
                (long) VECTORS_PER_COLUMN * Matrix.of(layer.weight()).columns());
        long share = Math.max(1, enough * input.dim(0) / original.samples());
        regression.add(layer.vectors(), input, wanted, found, axis, stay, share);
    }

    private void change(Layer layer, float[] more) {
        var matrix = Matrix.of(layer.weight());
        var weight = layer.weight().tensor();
        var values = weight.floats();
        int columns = matrix.columns();
        var constants = new float[matrix.rows()];
        for (int row = 0; row < constants.length; row++) {
            for (int column = 0; column < columns; column++) {
                values[matrix.index(row, column)] += more[row * (columns + 1) + column];
            }
            constants[row] = more[row * (columns + 1) + columns];
        }
        var graph = model.graph();
        graph.setConstant(weight.withFloats(values));
        if (layer.bias().isPresent()) {
            var bias = layer.bias().get();
            var sums = bias.floats();
            IntStream.range(0, sums.length).forEach(row -> sums[row] += constants[row]);
            graph.setConstant(bias.withFloats(sums));
        } else if (mayHaveBias(layer.node())) {
            var node = graph.producer(layer.node().output()).orElseThrow();
            var name = graph.freshName(node.output() + "_bias");
            graph.put(Tensor.floats(name, weight.type(), constants, constants.length));
            graph.replace(node, node.withInput(2, name));
        }
    }
}
