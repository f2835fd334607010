package dev.millrace.nas;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.ValueSpec;
import dev.millrace.engine.data.Dataset;
import dev.millrace.engine.metric.TaskMetrics;
import dev.millrace.engine.train.Budget;
import dev.millrace.engine.train.Objective;
import dev.millrace.engine.train.Trainer;
import dev.millrace.engine.train.TrainingData;
import dev.millrace.engine.train.TrainingLoop;
import dev.millrace.engine.train.TrainingSettings;
import dev.millrace.message.Goal;
import dev.millrace.message.Json;
import dev.millrace.message.RefusedException;
import dev.millrace.message.Trial;
import dev.millrace.search.Front;
import dev.millrace.search.Goals;
import dev.millrace.search.History;
import dev.millrace.search.Space;
import dev.millrace.search.Strategies;
import dev.millrace.stage.LocalData;
import dev.millrace.stage.Option;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import dev.millrace.training.Course;
import dev.millrace.training.Head;
import dev.millrace.training.LabelKind;
import dev.millrace.training.Lesson;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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
    private static final String TOP1 = "top1";

    /** Share of the progress at which training ends. */
    private static final double TRAINED = 0.7;

    /** Batches that a candidate sees before it is scored. */
    private static final int CALIBRATION = 20;

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
            var run = new Run(space, options, context, training, validation);
            run.train();
            return run.search();
        }
    }

    private static Dataset open(String role, List<ValueSpec> inputs, StageContext context) throws IOException {
        LocalData data = context.data(role)
                .orElseThrow(() -> new RefusedException("MISSING_DATA", "data", "no " + role + " data", role));
        return Dataset.open(data.path(), data.format(), data.options(), inputs);
    }

    /** One task. */
    private static final class Run {
        private final DerivedSpace space;
        private final Options options;
        private final StageContext context;
        private final TrainingData data;
        private final Dataset validation;
        private final Objective objective;

        Run(DerivedSpace space, Options options, StageContext context, Dataset training, Dataset validation) {
            this.space = space;
            this.options = options;
            this.context = context;
            this.validation = validation;
            data = TrainingData.shuffled(training, options.batchSize(), context.seed());
            objective =
                    Objective.of(LabelKind.CLASSES.loss(Head.of(space.whole()).get(0), 0));
        }

        private TrainingSettings settings() {
            return TrainingSettings.adamW(options.learningRate(), Budget.epochs(options.epochs()))
                    .accumulate(Sandwich.LAYERS)
                    .clipNorm(1)
                    .seed(context.seed())
                    .threads(context.threads())
                    .checkpointEvery(Lesson.CHECKPOINT_EVERY);
        }

        void train() throws IOException {
            var elastic = new ElasticModel(space);
            var sandwich = new Sandwich(data, space, elastic, context.seed());
            new TrainingLoop(settings(), sandwich, null, new Watch(context), Clock.systemUTC(), context.workDirectory())
                    .run(elastic.model(), objective);
            elastic.hand();
        }

        StageResult search() throws IOException {
            var limit = options.measuring().constraints().get(options.cost());
            var goals = new Goals(List.of(new Goal(TOP1, true, null), new Goal(options.cost(), false, limit)));
            var choices = new Space(space.choices());
            var strategy = Strategies.named("nsga2");
            var trials = new ArrayList<Trial>();
            for (int number = 0; number < options.candidates(); number++) {
                var proposal = strategy.next(new History(choices, goals, context.seed(), trials));
                if (proposal.isEmpty()) {
                    break;
                }
                context.progress(
                        TRAINED + (1 - TRAINED) * number / options.candidates(), "scoring candidate " + (number + 1));
                var trial = new Trial(number, proposal.get().values(), 0);
                trials.add(trial.done(scored(trial.values(), file(number))));
            }
            var front = Front.of(goals, trials);
            var best = front.best()
                    .orElseThrow(() -> new RefusedException(
                            "SPACE_EMPTY",
                            "nas:supernet, option constraints",
                            trials.size() + " candidates, none within",
                            String.valueOf(options.measuring().constraints())));
            Map<String, JsonNode> report = new LinkedHashMap<>();
            report.put("best", described(best));
            report.put(
                    "front",
                    Json.mapper()
                            .valueToTree(
                                    front.trials().stream().map(Run::described).toList()));
            report.put("scored", Json.mapper().valueToTree(trials.size()));
            return StageResult.ofTrial(file(best.number()), best.figures(), report);
        }

        private static JsonNode described(Trial trial) {
            return Json.mapper().valueToTree(Map.of("values", trial.values(), "figures", trial.figures()));
        }

        private Path file(int number) {
            return context.workDirectory().resolve("candidate-" + number + ".onnx");
        }

        /** Slices a candidate out of the shared weights and measures it. */
        private Map<String, Double> scored(Map<String, JsonNode> values, Path file) throws IOException {
            var candidate = space.build(space.settle(values), context.seed());
            if (candidate.nodes().anyMatch(node -> node.is("BatchNormalization"))) {
                var still = settings().accumulate(1);
                try (var trainer = Trainer.open(candidate, objective, still, context.workDirectory())) {
                    int seen = 0;
                    for (var batches = data.epoch(0).iterator(); batches.hasNext() && seen < CALIBRATION; seen++) {
                        trainer.step(batches.next(), 0, seen);
                    }
                    trainer.store();
                }
            }
            candidate.write(file);
            var figures = new LinkedHashMap<>(options.measuring().costs(file, context));
            figures.put(TOP1, top1(file));
            if (!figures.containsKey(options.cost())) {
                throw new RefusedException(
                        "NOT_MEASURED", "nas:supernet, option cost", options.cost(), "one of " + figures.keySet());
            }
            return figures;
        }

        private double top1(Path file) throws IOException {
            var metrics = new TaskMetrics();
            try (var session = OrtSession.open(file, SessionSettings.threads(context.threads()))) {
                for (var batch : validation.batches(options.batchSize())) {
                    try (var outputs = session.run(batch.feed())) {
                        metrics.add(batch, outputs.values());
                    }
                }
            }
            return Optional.ofNullable(metrics.values().get(TOP1))
                    .orElseThrow(() -> new RefusedException(
                            "LABELS_MISSING", VALIDATION + " data", "no classes", "a class number for every row"));
        }
    }

    /** The task's progress and checkpoints while it trains. */
    private record Watch(StageContext context) implements TrainingLoop.Observer {
        @Override
        public void progressed(double done, Map<String, Double> metrics) {
            context.progress(TRAINED * done, "training all parts", metrics);
        }

        @Override
        public Optional<Path> latest() throws IOException {
            return context.checkpoints().latest();
        }

        @Override
        public void save(Path checkpoint) throws IOException {
            context.checkpoints().save(checkpoint);
        }
    }
}
