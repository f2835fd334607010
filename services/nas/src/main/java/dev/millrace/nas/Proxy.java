package dev.millrace.nas;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.engine.data.Batch;
import dev.millrace.engine.train.Budget;
import dev.millrace.engine.train.Loss;
import dev.millrace.engine.train.Objective;
import dev.millrace.engine.train.Trainer;
import dev.millrace.engine.train.TrainingSettings;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Tensor;
import dev.millrace.stage.StageContext;
import dev.millrace.training.Head;
import dev.millrace.training.LabelKind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What an untrained candidate promises; more is better. Cost: one batch forward, and backward where gradients are asked for. */
enum Proxy {
    /** {@code ln Σ|w · ∂R/∂w|} with {@code R} the sum of outputs for ones and {@code |w|} (Tanaka et al., 2020). */
    SYN_FLOW("synFlow") {
        @Override
        double of(Path candidate, Batch batch, StageContext context) throws IOException {
            var model = Model.read(candidate);
            for (var tensor : List.copyOf(model.graph().initializers())) {
                if (tensor.type().isFloatingPoint()) {
                    model.graph().setConstant(positive(tensor));
                }
            }
            var ones = new LinkedHashMap<String, Value>();
            batch.feed().forEach((name, value) -> {
                var dims = value.dims();
                dims[0] = 1;
                ones.put(name, Value.full(value.type(), 1, dims));
            });
            var loss = new Loss.Total(Head.of(model).get(0).value());
            return Math.log(sum(model, loss, new Batch(ones, 1, null, 1, Map.of(), "ones"), context, Proxy::part));
        }
    },
    /** {@code ln Σ|w · ∂L/∂w|} (Lee et al., "SNIP", 2019). */
    SNIP("snip") {
        @Override
        double of(Path candidate, Batch batch, StageContext context) throws IOException {
            var model = Model.read(candidate);
            return Math.log(sum(model, loss(model), batch, context, Proxy::part));
        }
    },
    /** {@code ln √Σ(∂L/∂w)²} (Abdelfattah et al., "Zero-cost proxies for lightweight NAS", 2021). */
    GRADIENT_NORM("gradientNorm") {
        @Override
        double of(Path candidate, Batch batch, StageContext context) throws IOException {
            var model = Model.read(candidate);
            return 0.5 * Math.log(sum(model, loss(model), batch, context, (weight, gradient) -> gradient * gradient));
        }
    },
    /**
     * {@code ln det K}, {@code K} counting for each two samples the units that are on or off in both (Mellor et al., "Neural
     * architecture search without training", 2021).
     */
    NASWOT("naswot") {
        @Override
        double of(Path candidate, Batch batch, StageContext context) throws IOException {
            var units = Model.read(candidate).graph().nodes().stream()
                    .filter(node -> ACTIVATIONS.contains(node.opType()))
                    .map(node -> node.input(0))
                    .distinct()
                    .toList();
            var kernel = new Kernel(batch.rows());
            try (var session = OrtSession.observing(
                            candidate, units, context.workDirectory(), SessionSettings.threads(context.threads()));
                    var outputs = session.run(batch.feed(), units)) {
                units.forEach(unit -> kernel.add(outputs.get(unit)));
            }
            return kernel.logDeterminant();
        }
    };

    private static final Set<String> ACTIVATIONS = Set.of("Relu", "HardSwish", "Sigmoid", "Erf", "Clip");

    private final String word;

    Proxy(String word) {
        this.word = word;
    }

    /** Name of the figure. */
    String word() {
        return word;
    }

    /**
     * Looks at a candidate.
     *
     * @param batch labelled rows of the training data
     */
    abstract double of(Path candidate, Batch batch, StageContext context) throws IOException;

    /** What a weight adds. */
    private interface Part {
        double of(double weight, double gradient);
    }

    private static double part(double weight, double gradient) {
        return Math.abs(weight * gradient);
    }

    private static Loss loss(Model model) {
        return new LabelKind.Classes().loss(Head.of(model).get(0), 0);
    }

    private static double sum(Model model, Loss loss, Batch batch, StageContext context, Part part) throws IOException {
        var settings = TrainingSettings.adamW(1, Budget.steps(1)).threads(context.threads());
        double sum = 0;
        try (var trainer = Trainer.open(model, Objective.of(loss), settings, context.workDirectory())) {
            for (var gradient : trainer.gradients(batch)) {
                var weights = gradient.weight().floats();
                var numbers = gradient.numbers().floats();
                for (int i = 0; i < weights.length; i++) {
                    sum += part.of(weights[i], numbers.get(i));
                }
            }
        }
        return sum;
    }

    private static Tensor positive(Tensor tensor) {
        var values = tensor.floats();
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.abs(values[i]);
        }
        return Tensor.floats(tensor.name(), tensor.type(), values, tensor.dims());
    }
}
