package dev.millrace.nas;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.Json;
import dev.millrace.stage.Option;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import dev.millrace.training.Lesson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * One architecture of a space, built, trained and measured.
 *
 * <p>Its figures are the costs, known before training, then the metrics on held-out data. A candidate that breaks a constraint is refused before it is trained, one that diverges when it does.
 * A trial that was made before answers with its figures of then, the latency too, if it was timed on a machine of the same kind.
 * Cost: a fine-tuning of the candidate.
 */
final class Trial implements Technique<Trial.Options> {
    /** Which candidate, and how it is trained. */
    record Options(
            @Option(
                    value = "The space: a description, the name of a built-in one, or a YAML file.",
                    defaultValue = "\"images\"")
            JsonNode space,

            @Option(value = "A value for every choice of the space.", allowed = "those of the space")
            Map<String, JsonNode> values,

            @Option(
                    value = "Share of the course that this trial trains; 0 only builds and measures.",
                    defaultValue = "1",
                    allowed = "0 ≤ budget ≤ 1")
            double budget,

            Measuring measuring,
            Learning learning) {
        Options {
            if (!(budget >= 0 && budget <= 1)) {
                throw new IllegalArgumentException("budget=" + budget);
            }
        }
    }

    /** Fraction of the work that is done when training begins. */
    private static final double TRAINING = 0.1;

    private final Duration checkpointEvery;

    Trial() {
        this(Lesson.CHECKPOINT_EVERY);
    }

    /** @param checkpointEvery time between checkpoints of training */
    Trial(Duration checkpointEvery) {
        this.checkpointEvery = checkpointEvery;
    }

    @Override
    public String name() {
        return "trial";
    }

    @Override
    public String summary() {
        return "Builds, trains and measures one architecture of a space.";
    }

    @Override
    public String useWhen() {
        return "A search asks for it; or you know the architecture that you want.";
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
        var space = Spaces.read(options.space(), context);
        var architecture = space.settle(options.values());
        var candidate = context.workDirectory().resolve("candidate.onnx");
        space.build(architecture, context.seed()).write(candidate);
        context.progress(TRAINING / 2, "measuring");
        var figures = new LinkedHashMap<>(options.measuring().costs(candidate, context));
        if (options.budget() > 0) {
            options.measuring().require(figures);
        }
        figures.putAll(options.measuring().promises(candidate, context));
        if (options.budget() == 0) {
            return StageResult.ofTrial(candidate, figures, Map.of());
        }
        var trained = trained(candidate, space.inherits(), architecture, options, context);
        Objects.requireNonNull(trained.report().get("after"))
                .properties()
                .forEach(
                        metric -> figures.put(metric.getKey(), metric.getValue().doubleValue()));
        return StageResult.ofTrial(
                trained.model(), figures, Map.of("training", Json.mapper().valueToTree(trained.report())));
    }

    private StageResult trained(
            Path candidate, boolean inherits, Architecture architecture, Options options, StageContext context)
            throws IOException {
        var directory = Files.createDirectory(context.workDirectory().resolve("training"));
        var part = context.part(TRAINING, 1).on(candidate, directory);
        var course = options.learning().course(architecture, inherits, options.budget());
        return options.learning().train(candidate, context.model(), inherits, course, part, checkpointEvery);
    }
}
