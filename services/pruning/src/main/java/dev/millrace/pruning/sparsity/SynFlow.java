package dev.millrace.pruning.sparsity;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.engine.data.Batch;
import dev.millrace.engine.train.Loss;
import dev.millrace.engine.train.Objective;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Tensor;
import dev.millrace.pruning.weight.DifferentiableLoss;
import dev.millrace.pruning.weight.Weight;
import dev.millrace.training.Head;
import java.io.IOException;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Keeps the weights on strong paths from input to output: {@code |w| · ∂R/∂|w|}, where R is the sum of the outputs for an
 * input of ones when all weights are made positive. Removed in 100 rounds along {@code density^(k/100)}, so that no layer is
 * emptied (Tanaka et al., "Pruning neural networks without any data by iteratively conserving synaptic flow", 2020). Cost:
 * 100 forward and backward passes of one sample.
 */
final class SynFlow implements Criterion.Scoring {
    private static final int ROUNDS = 100;

    @Override
    public String name() {
        return "synflow";
    }

    @Override
    public String summary() {
        return "Sets the weights to zero that lie on weak paths from input to output; needs no data.";
    }

    @Override
    public String useWhen() {
        return "The sparsity is extreme, the model will be trained again, and no data may be looked at before.";
    }

    @Override
    public Scope scope() {
        return Scope.GLOBAL;
    }

    @Override
    public Scores scores(Evidence evidence) throws IOException {
        var positive = evidence.model().copy();
        makePositive(positive);
        var terms = Head.of(positive).stream()
                .map(head -> new Objective.Term(1, new Loss.Total(head.value())))
                .toList();
        var ones = ones(evidence);
        double density = 1 - evidence.amount().sparsity();
        var inside = evidence.sources().of(positive, evidence.amount());
        try (var flow = DifferentiableLoss.of(positive, new Objective(terms), ones, inside.context())) {
            var scores = flows(new Gradients(flow, inside.weights()));
            for (int round = 1; round < ROUNDS; round++) {
                var amount = evidence.amount().withSparsity(1 - Math.pow(density, (double) round / ROUNDS));
                var weights = evidence.sources().finder().apply(positive);
                var removed = amount.removed(weights, byName(weights, scores));
                for (int i = 0; i < removed.size(); i++) {
                    var masked = MaskedData.of(weights.get(i).tensor(), removed.get(i));
                    weights.get(i).graph().setConstant(masked.withFloats(masked.floats()));
                }
                flow.trainer().load();
                scores = flows(new Gradients(flow, evidence.sources().finder().apply(positive)));
            }
            return byName(evidence.weights(), scores);
        }
    }

    /** All float constants become their absolute values. */
    private static void makePositive(Model model) {
        model.graphs().forEach(graph -> {
            for (var tensor : List.copyOf(graph.initializers())) {
                if (tensor.type().isFloatingPoint()) {
                    graph.setConstant(positive(tensor));
                }
            }
        });
    }

    private static Tensor positive(Tensor tensor) {
        var values = tensor.floats();
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.abs(values[i]);
        }
        return tensor.withFloats(values);
    }

    private static List<float[]> flows(Gradients gradients) {
        var sums = gradients.sum((weight, gradient) -> Math.abs(weight * gradient));
        for (var weight : gradients.weights()) {
            for (float flow : Objects.requireNonNull(sums.get(weight))) {
                if (!Float.isFinite(flow)) {
                    throw new RefusedException(
                            "SCORES_NOT_FINITE",
                            "weight '" + weight.name() + "'",
                            "flow " + flow,
                            "a model whose positive form stays in the range of floats; another criterion");
                }
            }
        }
        return gradients.weights().stream()
                .map(weight -> Objects.requireNonNull(sums.get(weight)))
                .toList();
    }

    private static Scores byName(List<Weight> weights, List<float[]> arrays) {
        var scores = new IdentityHashMap<Weight, float[]>();
        for (int i = 0; i < weights.size(); i++) {
            scores.put(weights.get(i), arrays.get(i));
        }
        return Scores.of(scores);
    }

    /** One sample of ones; symbolic dims are 1. */
    private static List<Batch> ones(Evidence evidence) throws IOException {
        try (var session = OrtSession.open(evidence.context().model(), SessionSettings.threads(1))) {
            var feed = new LinkedHashMap<String, Value>();
            session.inputs().forEach(input -> feed.put(input.name(), Value.full(input.type(), 1, input.shape(1))));
            return List.of(new Batch(feed, 1, null, 1, Map.of(), "ones"));
        }
    }
}
