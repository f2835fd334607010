package dev.millrace.nas;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.data.Dataset;
import dev.millrace.engine.metric.TaskMetrics;
import dev.millrace.message.Choice;
import dev.millrace.message.Goal;
import dev.millrace.message.Json;
import dev.millrace.message.NearestName;
import dev.millrace.message.RefusedException;
import dev.millrace.message.SearchPlan;
import dev.millrace.message.StageStep;
import dev.millrace.stage.Option;
import dev.millrace.stage.OptionBinder;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import dev.millrace.training.Course;
import dev.millrace.training.Lesson;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Opens a search: checks that space, data and wishes fit each other, and says what a trial is. The orchestrator chooses and
 * issues the trials.
 *
 * <p>Cost: the smallest architecture is built and measured once.
 */
final class Search implements Technique<Search.Options> {
    /** The objective that stands for the metric of the job, or the most telling one of the data. */
    private static final String METRIC = "metric";

    /** How the next trials are chosen. */
    enum Strategy {
        RANDOM,
        /** Regularised evolution. */
        EVOLUTION,
        NSGA2,
        /** Policy gradient over the choices. */
        REINFORCE,
        /** Tree-structured Parzen estimator. */
        TPE
    }

    /** What is searched, for what, and for how long. */
    record Options(
            @Option(
                    value = "The space: a description, the name of a built-in one, or a YAML file.",
                    defaultValue = "\"images\"")
            JsonNode space,

            @Option(
                    value =
                            "What is made better: metric, the name of one, or a cost; the first decides where one must.",
                    defaultValue = "[\"metric\", \"macs\"]",
                    allowed = "metric, parameters, bytes, macs, latencyMillis or a metric of the data, each once")
            List<String> objectives,

            @Option(value = "How the next trials are chosen.", defaultValue = "\"nsga2\"")
            Strategy strategy,

            @Option(value = "Trials at most.", defaultValue = "50", allowed = "trials ≥ 1")
            int trials,

            @Option(
                    value = "No trial begins later than this after the first.",
                    defaultValue = "null",
                    allowed = "seconds ≥ 1")
            @Nullable
            Long seconds,

            @Option(
                    value = "Trials in a row that leave the front as it was before the search ends.",
                    defaultValue = "null",
                    allowed = "withoutGain ≥ 1")
            @Nullable
            Integer withoutGain,

            @Option(value = "Trials that are out at once.", defaultValue = "1", allowed = "parallel ≥ 1")
            int parallel,

            @Option(
                    value = "Rungs of successive halving; 1 trains every trial in full.",
                    defaultValue = "1",
                    allowed = "1 ≤ rungs ≤ 8")
            int rungs,

            @Option(
                    value = "Of so many trials of a rung one goes on, for so many times as long.",
                    defaultValue = "3",
                    allowed = "2 ≤ factor ≤ 16")
            int factor,

            Measuring measuring,
            Learning learning) {
        Options {
            Course.requirePositive("trials", trials);
            Course.requirePositive("seconds", seconds);
            Course.requirePositive("withoutGain", withoutGain);
            Course.requirePositive("parallel", parallel);
            if (rungs < 1 || rungs > 8) {
                throw new IllegalArgumentException("rungs=" + rungs);
            }
            if (factor < 2 || factor > 16) {
                throw new IllegalArgumentException("factor=" + factor);
            }
            if (objectives.isEmpty() || objectives.stream().distinct().count() < objectives.size()) {
                throw new IllegalArgumentException("objectives=" + objectives);
            }
        }

        private SearchPlan.@Nullable Halving halving() {
            return rungs == 1 ? null : new SearchPlan.Halving(rungs, factor);
        }
    }

    @Override
    public String name() {
        return "search";
    }

    @Override
    public String summary() {
        return "Searches a space of architectures for those that no other one beats in everything.";
    }

    @Override
    public String useWhen() {
        return "A smaller or faster model than pruning gives is wanted, and there is time for many short trainings.";
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
    public StageResult run(Options options, StageContext context) throws IOException {
        var description = Spaces.described(options.space());
        var space = Spaces.read(description, context);
        context.progress(0.2, "measuring the smallest architecture");
        var smallest = smallest(space.choices());
        var file = context.workDirectory().resolve("smallest.onnx");
        space.build(space.settle(smallest), context.seed()).write(file);
        var costs = options.measuring().costs(file, context);
        var promises = options.measuring().promises(file, context);
        requireRoom(options, smallest, costs);
        context.progress(0.6, "reading the data");
        var plan = new SearchPlan(
                trial(options, description),
                space.choices(),
                goals(options, costs.keySet(), qualities(context, promises.keySet()), context),
                options.strategy().name().toLowerCase(Locale.ROOT),
                options.trials(),
                options.seconds(),
                options.withoutGain(),
                options.parallel(),
                options.halving());
        Map<String, JsonNode> report = new LinkedHashMap<>();
        report.put("smallest", Json.mapper().valueToTree(smallest));
        report.put("smallestCosts", Json.mapper().valueToTree(costs));
        return StageResult.ofSearch(plan, report);
    }

    private static void requireRoom(Options options, Map<String, JsonNode> smallest, Map<String, Double> costs) {
        try {
            options.measuring().require(costs);
        } catch (RefusedException e) {
            throw e.problem().code().equals("CONSTRAINT_BROKEN")
                    ? new RefusedException(
                            "SPACE_EMPTY",
                            "space and constraints",
                            "the smallest architecture " + smallest + " has " + costs,
                            "within " + options.measuring().constraints())
                    : e;
        }
    }

    /** The first value of every choice that exists then: the least of those that are ordered, if the space lists them so. */
    private static Map<String, JsonNode> smallest(List<Choice> choices) {
        return Choice.chosen(choices, choice -> choice.values().get(0));
    }

    /** The task of a trial: the space by its contents, since files of this worker are not those of another. */
    private static StageStep trial(Options options, JsonNode description) {
        var spelled = new LinkedHashMap<String, JsonNode>();
        spelled.put("space", description);
        spelled.putAll(OptionBinder.spelled(options.measuring()));
        spelled.putAll(OptionBinder.spelled(options.learning()));
        return new StageStep("nas", "trial", spelled);
    }

    /** Names of figures of which more is better, {@code mse} aside: the metrics that the data allows, and the proxies. */
    private static List<String> qualities(StageContext context, Set<String> proxies) throws IOException {
        var data = context.data(Lesson.TRAINING).orElseThrow();
        var metrics = new TaskMetrics();
        try (var session = OrtSession.open(context.model(), SessionSettings.threads(context.threads()));
                var set = Dataset.open(data.path(), data.format(), data.options(), session.inputs())) {
            var batch = set.batches(2).iterator().next();
            try (var outputs = session.run(batch.feed())) {
                metrics.add(batch, outputs.values());
            }
        }
        return Stream.concat(metrics.values().keySet().stream(), proxies.stream())
                .toList();
    }

    private static List<Goal> goals(Options options, Set<String> costs, List<String> qualities, StageContext context) {
        var constraints = options.measuring().constraints();
        var figures = new LinkedHashSet<String>();
        for (var objective : options.objectives()) {
            var leading = context.metric().or(() -> qualities.stream().findFirst());
            var figure = objective.equals(METRIC) ? leading.orElse(METRIC) : objective;
            if (!qualities.contains(figure) && !costs.contains(figure)) {
                var known = Stream.concat(qualities.stream(), costs.stream()).toList();
                throw new RefusedException(
                        "NOT_MEASURED", "option objectives", objective, NearestName.choices(objective, known));
            }
            figures.add(figure);
        }
        constraints.keySet().stream().sorted().forEach(figures::add);
        return figures.stream()
                .map(figure ->
                        new Goal(figure, qualities.contains(figure) && !figure.equals("mse"), constraints.get(figure)))
                .toList();
    }
}
