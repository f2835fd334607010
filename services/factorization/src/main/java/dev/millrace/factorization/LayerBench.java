package dev.millrace.factorization;

import dev.millrace.engine.Latency;
import dev.millrace.engine.Value;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ValueInfo;
import dev.millrace.stage.StageContext;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/** Times a layer alone beside what would replace it, on inputs of the size that it sees. */
final class LayerBench {
    private static final int MEASURED_CHOICES = 8;

    private final Decomposition decomposition;
    private final Algebra algebra;
    private final Activations seen;
    private final StageContext context;
    private final long opset;
    private final Map<String, Latency> measured = new HashMap<>();

    LayerBench(Decomposition decomposition, Algebra algebra, Activations seen, StageContext context, long opset) {
        this.decomposition = decomposition;
        this.algebra = algebra;
        this.seen = seen;
        this.context = context;
        this.opset = opset;
    }

    /**
     * The same layers with the times that they and some of their choices take; a layer that cannot be measured keeps none.
     */
    List<Ranks.Candidate> priced(List<Ranks.Candidate> candidates) throws IOException {
        var priced = new ArrayList<Ranks.Candidate>();
        for (var candidate : candidates) {
            context.progress(0.5 + 0.1 * priced.size() / candidates.size(), "measuring");
            var smaller = candidate.choices().stream()
                    .filter(choice -> choice.cost().parameters()
                            < candidate.whole().cost().parameters())
                    .toList();
            long whole = 0;
            var choices = new ArrayList<Choice>();
            for (var choice : Choice.spread(smaller, MEASURED_CHOICES)) {
                var latency = compare(candidate.layer(), choice);
                if (latency.isPresent()) {
                    whole = whole == 0
                            ? Math.max(1, Math.round(1e6 * latency.get().baselineMillis()))
                            : whole;
                    choices.add(choice.taking(Math.round(whole * latency.get().ratio())));
                }
            }
            priced.add(new Ranks.Candidate(
                    candidate.layer(), candidate.whole().taking(whole), choices, candidate.weight()));
        }
        return priced;
    }

    /** Both times; empty if the size of the layer's input is not known. */
    Optional<Latency> compare(Layer layer, Choice choice) throws IOException {
        var dims = seen.dims(layer.node().input(0));
        if (dims.isEmpty() || !layer.standsAlone()) {
            return Optional.empty();
        }
        var shape = layer.node().opType()
                + layer.node().attributes()
                + Arrays.toString(layer.weight().dims())
                + Arrays.toString(dims.get())
                + choice.spelled();
        var known = measured.get(shape);
        if (known == null) {
            known = measure(layer, choice, dims.get());
            measured.put(shape, known);
        }
        return Optional.of(known);
    }

    private Latency measure(Layer layer, Choice choice, long[] dims) throws IOException {
        var original = alone(layer, dims);
        var replaced = alone(layer, dims);
        var copy = new Layer(replaced.graph(), layer.node(), layer.weight());
        decomposition.apply(copy, choice, algebra, seen);
        Path first = context.workDirectory().resolve("layer.onnx");
        Path second = context.workDirectory().resolve("factors.onnx");
        original.write(first);
        replaced.write(second);
        var random = new Random(1);
        int size = 1;
        for (long dim : dims) {
            size = Math.multiplyExact(size, (int) dim);
        }
        var values = new float[size];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Latency.compare(
                first,
                second,
                Map.of(
                        layer.node().input(0),
                        Value.of(values, dims).as(layer.weight().type())),
                context.threads());
    }

    /** A model of nothing but the layer. */
    private Model alone(Layer layer, long[] dims) {
        var graph = new Graph("layer");
        var node = layer.node();
        graph.addInput(ValueInfo.tensor(node.input(0), layer.weight().type(), dims));
        graph.put(layer.weight());
        layer.constantBias().ifPresent(graph::put);
        graph.add(node);
        graph.addOutput(
                ValueInfo.tensorOfUnknownRank(node.output(), layer.weight().type()));
        return new Model(graph, opset);
    }
}
