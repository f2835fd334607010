package dev.millrace.nas;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import dev.millrace.engine.train.Budget;
import dev.millrace.engine.train.Objective;
import dev.millrace.engine.train.TrainingLoop;
import dev.millrace.engine.train.TrainingSettings;
import dev.millrace.message.Json;
import dev.millrace.message.RefusedException;
import dev.millrace.stage.Option;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import dev.millrace.training.Course;
import dev.millrace.training.Guidance;
import dev.millrace.training.Lesson;
import dev.millrace.training.Student;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Searches by gradient: all operations of a space stand in one network, each weighed by a softmax over numbers {@code α}.
 * Updates take turns, {@code w ← w − ξ ∇w L(w, α)} on one half of the training rows and {@code α ← α − η ∇α L(w, α)} on the
 * other (first order, {@code ξ = 0} in the gradient by α: Liu, Simonyan and Yang, "DARTS: Differentiable architecture search",
 * 2019). The likeliest architecture that keeps the constraints is then trained from new weights and measured as a trial is.
 *
 * <p>Cost: a training of the network with all operations, twice as many updates as batches of a half; then one trial. The
 * shares know nothing of costs: without a constraint the largest operations tend to win.
 */
final class Darts implements Technique<Darts.Options> {
    /** Fraction of the work that is done when the architecture is found. */
    private static final double FOUND = 0.6;

    /** Architectures that are measured to find one that keeps the constraints. */
    private static final int MOST_MEASURED = 1_000;

    /** What is searched, how, and how the result is trained. */
    record Options(
            @Option(
                    value =
                            "A space of kind images in which only operations are open: block, kernel, expansion, skip, depth, "
                                    + "downsampling, activation.",
                    allowed = "a description or a YAML file")
            JsonNode space,

            @Option(
                    value = "Times that each half of the data is seen while architectures are blended.",
                    defaultValue = "5",
                    allowed = "above 0")
            double blendEpochs,

            @Option(value = "Highest learning rate of the blend's weights.", defaultValue = "0.01", allowed = "above 0")
            double blendRate,

            @Option(value = "Learning rate of the shares.", defaultValue = "0.01", allowed = "above 0")
            double shareRate,

            Measuring measuring,
            Learning learning) {
        Options {
            Course.requirePositive("blendEpochs", blendEpochs);
            Course.requirePositive("blendRate", blendRate);
            Course.requirePositive("shareRate", shareRate);
        }
    }

    private final Duration checkpointEvery;

    Darts() {
        this(Lesson.CHECKPOINT_EVERY);
    }

    /** @param checkpointEvery time between checkpoints of training */
    Darts(Duration checkpointEvery) {
        this.checkpointEvery = checkpointEvery;
    }

    @Override
    public String name() {
        return "darts";
    }

    @Override
    public String summary() {
        return "Finds operations by gradient, all of them blended in one network, and trains what it found.";
    }

    @Override
    public String useWhen() {
        return "The widths are settled, the operations are not, and one training is all the time there is.";
    }

    @Override
    public List<String> data() {
        return List.of(Lesson.TRAINING);
    }

    @Override
    public Class<Options> options() {
        return Options.class;
    }

    @Override
    public boolean belongsToMachine(Options options) {
        return options.measuring().timed() || options.learning().course().isTimed();
    }

    @Override
    public StageResult run(Options options, StageContext context) throws IOException {
        if (!(Spaces.read(options.space(), context) instanceof ImageSpace space)) {
            throw new RefusedException(
                    "SPACE_MISFIT", "nas:darts, option space", options.space().toString(), "kind: images");
        }
        var earlier = PartCheckpoints.found(context.checkpoints());
        var found = earlier.isPresent() ? earlier.get() : found(space, options, context);
        Map<String, JsonNode> values = new LinkedHashMap<>();
        found.get("values").properties().forEach(value -> values.put(value.getKey(), value.getValue()));
        var trial = new Trial.Options(options.space(), values, 1, options.measuring(), options.learning());
        var part = context.part(FOUND, 1).keeping(checkpoints(found, context));
        var trained = new Trial(checkpointEvery).run(trial, part);
        Map<String, JsonNode> report = new LinkedHashMap<>(trained.report());
        report.put("found", found);
        return StageResult.ofTrial(Objects.requireNonNull(trained.model()), trained.figures(), report);
    }

    private static PartCheckpoints checkpoints(JsonNode found, StageContext context) {
        return new PartCheckpoints(context.checkpoints(), found, context.workDirectory());
    }

    /** Trains the blend; what was found are the values of the architecture and all shares. */
    private JsonNode found(ImageSpace space, Options options, StageContext context) throws IOException {
        var mixture = space.mixture(context.seed());
        var directory = Files.createDirectory(context.workDirectory().resolve("blend"));
        var file = directory.resolve("blend.onnx");
        mixture.model().write(file);
        var part = context.part(0, FOUND)
                .keeping(checkpoints(NullNode.instance, context))
                .on(file, directory);
        var student = Student.open(file);
        try (var lesson =
                new Lesson(student, options.learning().course(), new Guidance.Labels(0), part, checkpointEvery)) {
            var settings = TrainingSettings.adamW(options.blendRate(), Budget.epochs(options.blendEpochs()))
                    .trainable(name -> !Layers.isNormalization(name))
                    .apart(Mixture::isAlpha, options.shareRate())
                    .seed(context.seed())
                    .threads(context.threads())
                    .checkpointEvery(checkpointEvery);
            var objective =
                    Objective.of(lesson.requiredLabels().loss(student.heads().get(0), 0));
            var watch = new Watch(part, "training all operations at once");
            new TrainingLoop(settings, lesson.turns(), null, watch, Clock.systemUTC(), directory)
                    .run(student.model(), objective);
        }
        var shares = mixture.shares(student.model().graph());
        var found = Json.mapper().createObjectNode();
        found.set("values", Json.mapper().valueToTree(likeliest(space, mixture, shares, options, context)));
        found.set("shares", Json.mapper().valueToTree(shares));
        return found;
    }

    private static Map<String, JsonNode> likeliest(
            ImageSpace space, Mixture mixture, Map<String, List<Double>> shares, Options options, StageContext context)
            throws IOException {
        var file = context.workDirectory().resolve("likely.onnx");
        var architectures = new Likeliest(mixture, shares);
        @Nullable RefusedException broken = null;
        for (int measured = 0; architectures.hasNext() && measured < MOST_MEASURED; measured++) {
            var values = architectures.next();
            if (options.measuring().constraints().isEmpty()) {
                return values;
            }
            space.build(space.settle(values), context.seed()).write(file);
            try {
                options.measuring().require(options.measuring().costs(file, context));
                return values;
            } catch (RefusedException e) {
                if (!e.problem().code().equals("CONSTRAINT_BROKEN")) {
                    throw e;
                }
                broken = e;
            }
        }
        throw Objects.requireNonNull(broken);
    }
}
