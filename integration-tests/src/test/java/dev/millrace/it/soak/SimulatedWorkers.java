package dev.millrace.it.soak;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import dev.millrace.it.flow.Bus;
import dev.millrace.it.flow.Outcomes;
import dev.millrace.message.Choice;
import dev.millrace.message.Goal;
import dev.millrace.message.SearchPlan;
import dev.millrace.message.StageStep;
import dev.millrace.message.TaskIssued;
import dev.millrace.message.TaskSucceeded;
import dev.millrace.message.Topics;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Many workers in one process that do nothing for a fixed time: what a search takes beyond that is its coordination, by the real
 * orchestrator and broker.
 */
final class SimulatedWorkers implements AutoCloseable {
    private static final String NAME = "simulated";
    private static final int VALUES = 8;
    private static final List<String> CHOICES = List.of("a", "b", "c");

    private final Bus bus;
    private final Bus.Reader tasks;
    private final String jobId;
    private final int trials;
    private final int workers;
    private final long millis;
    private final ExecutorService slots;
    private final Thread reader = new Thread(this::read, "simulated-workers");
    private volatile boolean closed;

    /**
     * Ready for one search of the stage {@code probe}.
     *
     * @param jobId whose tasks they answer
     * @param trials that the search has
     * @param workers trials out at once, each with a worker of its own
     * @param millis that a trial takes
     */
    SimulatedWorkers(Bus bus, String jobId, int trials, int workers, long millis) {
        this.bus = bus;
        this.jobId = jobId;
        this.trials = trials;
        this.workers = workers;
        this.millis = millis;
        slots = Executors.newFixedThreadPool(workers);
        tasks = bus.read(Topics.tasks("probe"), Topics.tasks("evaluation"));
        reader.start();
    }

    /** Seconds that as many workers need for that many trials if nothing but trials takes time. */
    double idealSeconds() {
        return Math.ceil((double) trials / workers) * millis / 1e3;
    }

    private void read() {
        while (!closed) {
            for (var event : tasks.events(Duration.ofMillis(20))) {
                var task = (TaskIssued) event.data();
                if (task.jobId().equals(jobId)) {
                    slots.execute(() -> answer(task));
                }
            }
        }
    }

    private void answer(TaskIssued task) {
        try {
            if (task.technique().equals("trial")) {
                Thread.sleep(millis);
            }
            bus.send(Topics.OUTCOMES, task.jobId(), outcome(task));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            throw new AssertionError(e);
        }
    }

    private TaskSucceeded outcome(TaskIssued task) {
        return switch (task.technique()) {
            case "search" -> Outcomes.planned(task, NAME, plan());
            case "trial" -> Outcomes.made(task, NAME, figures(task.options().get("values")));
            default -> Outcomes.evaluated(task, NAME);
        };
    }

    private SearchPlan plan() {
        var values =
                IntStream.range(0, VALUES).<JsonNode>mapToObj(IntNode::valueOf).toList();
        var choices = CHOICES.stream()
                .map(name -> new Choice(name, values, true, null))
                .toList();
        var goals = List.of(new Goal("quality", true, null), new Goal("cost", false, null));
        var trial = new StageStep("probe", "trial", Map.of());
        return new SearchPlan(trial, choices, goals, "random", trials, null, null, workers, null);
    }

    private static Map<String, Double> figures(@Nullable JsonNode values) {
        double sum = CHOICES.stream()
                .mapToDouble(name -> values == null ? 0 : values.path(name).asDouble())
                .sum();
        return Map.of("quality", Math.sqrt(sum), "cost", sum);
    }

    @Override
    public void close() {
        closed = true;
        slots.shutdownNow();
        try {
            reader.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        tasks.close();
    }
}
