package dev.millrace.nas;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.ValueSpec;
import dev.millrace.engine.data.Dataset;
import dev.millrace.message.RefusedException;
import dev.millrace.stage.LocalData;
import dev.millrace.stage.Option;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import dev.millrace.training.Course;
import dev.millrace.training.Lesson;
import java.io.IOException;
import java.util.List;

/**
 * Trains all parts of the user's model at once, then searches among them without training any.
 *
 * <p>Every update averages the gradients of the largest, the smallest and two random parts (Yu and Huang, "Universally
 * slimmable networks", 2019); a part is what its masks leave of the shared weights. Candidates of the evolutionary search
 * (Deb et al., NSGA-II) are sliced from those weights, see a few batches for the statistics of batch normalization (Cai et
 * al., "Once-for-all", 2020), and are scored on the validation data. Cost: four trainings of the model for as many epochs,
 * and a pass over the validation data for each candidate.
 */
final class Supernet implements Technique<Supernet.Options> {
    private static final String VALIDATION = "validation";

    /** What is trained, and how long is searched. */
    record Options(
            @Option(
                    value = "A space of kind derived: a description, the name of a built-in one, or a YAML file.",
                    defaultValue = "\"derived\"")
            JsonNode space,

            @Option(
                    value = "What is made cheaper beside top1.",
                    defaultValue = "\"macs\"",
                    allowed = "parameters, bytes, macs or latencyMillis")
            String cost,

            @Option(value = "Times that all data is seen, by four parts each.", defaultValue = "5", allowed = "above 0")
            double epochs,

            @Option(value = "Highest learning rate.", defaultValue = "0.002", allowed = "above 0")
            double learningRate,

            @Option(value = "Rows of a batch.", defaultValue = "64", allowed = "above 0")
            int batchSize,

            @Option(value = "Candidates that are scored.", defaultValue = "60", allowed = "above 0")
            int candidates,

            Measuring measuring) {
        Options {
            Course.requirePositive("epochs", epochs);
            Course.requirePositive("learningRate", learningRate);
            Course.requirePositive("batchSize", batchSize);
            Course.requirePositive("candidates", candidates);
            if (!Measuring.COSTS.contains(cost)) {
                throw new IllegalArgumentException("cost=" + cost);
            }
        }
    }

    @Override
    public String name() {
        return "supernet";
    }

    @Override
    public String summary() {
        return "Trains every part of the model at once, and picks the best part.";
    }

    @Override
    public String useWhen() {
        return "The widths of a trained model should be chosen for a cost, and training each choice would take too long.";
    }

    @Override
    public List<String> data() {
        return List.of(Lesson.TRAINING, VALIDATION);
    }

    @Override
    public Class<Options> options() {
        return Options.class;
    }

    @Override
    public boolean belongsToMachine(Options options) {
        return options.measuring().timed();
    }

    @Override
    public StageResult run(Options options, StageContext context) throws IOException {
        if (!(Spaces.read(options.space(), context) instanceof DerivedSpace space) || space.changesOperators()) {
            throw new RefusedException(
                    "SPACE_MISFIT",
                    "nas:supernet, option space",
                    options.space().toString(),
                    "kind: derived, the activation fixed: all candidates share the operators of the model");
        }
        try (var session = OrtSession.open(context.model(), SessionSettings.threads(1));
                var training = open(Lesson.TRAINING, session.inputs(), context);
                var validation = open(VALIDATION, session.inputs(), context)) {
            var run = new SharedWeights(space, options, context, training, validation);
            run.train();
            return run.search();
        }
    }

    private static Dataset open(String role, List<ValueSpec> inputs, StageContext context) throws IOException {
        LocalData data = context.data(role)
                .orElseThrow(() -> new RefusedException("MISSING_DATA", "data", "no " + role + " data", role));
        return Dataset.open(data.path(), data.format(), data.options(), inputs);
    }
}
