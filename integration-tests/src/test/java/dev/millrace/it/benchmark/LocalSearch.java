package dev.millrace.it.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.Json;
import dev.millrace.message.RefusedException;
import dev.millrace.message.SearchPlan;
import dev.millrace.message.Trial;
import dev.millrace.search.Goals;
import dev.millrace.search.History;
import dev.millrace.search.Space;
import dev.millrace.search.Strategies;
import dev.millrace.search.SuccessiveHalving;
import dev.millrace.stage.LocalData;
import dev.millrace.stage.StageResult;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * A search in this process, one trial after the other, as the orchestrator does it over Kafka.
 *
 * @param model of the request
 * @param seed of the strategy
 */
record LocalSearch(SearchPlan plan, Path model, LocalData data, long seed) {
    /** @param options of {@code nas:search} */
    static LocalSearch of(Path model, LocalData data, long seed, Map<String, JsonNode> options) throws IOException {
        var opened = BenchmarkTask.training(model, data).run("nas", "search", options);
        return new LocalSearch(Objects.requireNonNull(opened.search()), model, data, seed);
    }

    Space space() {
        return new Space(plan.choices());
    }

    Goals goals() {
        return new Goals(plan.goals());
    }

    /** All trials, each told when it has ended. */
    List<Trial> tried(Consumer<Trial> observer) throws IOException {
        var strategy = Strategies.of(plan);
        var trials = new ArrayList<Trial>();
        var end = plan.seconds() == null ? Instant.MAX : Instant.now().plusSeconds(plan.seconds());
        while (trials.size() < plan.trials() && Instant.now().isBefore(end)) {
            var proposal = strategy.next(new History(space(), goals(), seed, trials));
            if (proposal.isEmpty()) {
                break;
            }
            var trial = new Trial(
                    trials.size(), proposal.get().values(), proposal.get().rung());
            trials.add(tried(trial));
            observer.accept(trials.get(trials.size() - 1));
        }
        return trials;
    }

    private Trial tried(Trial trial) throws IOException {
        Map<String, JsonNode> budget = Strategies.of(plan) instanceof SuccessiveHalving halving
                ? Map.of("budget", Json.mapper().valueToTree(halving.budget(trial.rung())))
                : Map.of();
        try {
            return trial.done(run(trial, data, budget).figures());
        } catch (RefusedException e) {
            return trial.failed(e.problem());
        }
    }

    /** Runs the task of a trial once more. */
    StageResult run(Trial trial, LocalData data, Map<String, JsonNode> changes) throws IOException {
        var options = new HashMap<>(Objects.requireNonNull(plan.trial()).options());
        options.put("values", Json.mapper().valueToTree(trial.values()));
        options.putAll(changes);
        return BenchmarkTask.training(model, data).run("nas", "trial", options);
    }
}
