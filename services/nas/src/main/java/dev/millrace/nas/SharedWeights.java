package dev.millrace.nas;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
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
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
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

/** Trains the parts of a model together, then searches among them. */
final class SharedWeights {
    private static final String TOP1 = "top1";

    /** Share of the progress at which training ends. */
    private static final double TRAINED = 0.7;

    /** Batches that a candidate sees before it is scored. */
    private static final int CALIBRATION = 20;

    private final DerivedSpace space;
    private final Supernet.Options options;
    private final StageContext context;
    private final TrainingData data;
    private final Dataset validation;
    private final Objective objective;

    SharedWeights(
            DerivedSpace space, Supernet.Options options, StageContext context, Dataset training, Dataset validation) {
        this.space = space;
        this.options = options;
        this.context = context;
        this.validation = validation;
        data = TrainingData.shuffled(training, options.batchSize(), context.seed());
        objective =
                Objective.of(new LabelKind.Classes().loss(Head.of(space.whole()).get(0), 0));
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
        var watch = new Watch(context.part(0, TRAINED), "training all parts");
        new TrainingLoop(settings(), sandwich, null, watch, Clock.systemUTC(), context.workDirectory())
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
                        .valueToTree(front.trials().stream()
                                .map(SharedWeights::described)
                                .toList()));
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
                        "LABELS_MISSING", "validation data", "no classes", "a class number for every row"));
    }
}
