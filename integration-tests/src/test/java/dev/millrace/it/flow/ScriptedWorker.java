package dev.millrace.it.flow;

import dev.millrace.message.TaskIssued;
import dev.millrace.message.TaskProgressed;
import dev.millrace.message.TaskSucceeded;
import dev.millrace.message.Topics;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;

/** Answers every task at once and does no work. */
final class ScriptedWorker implements AutoCloseable {
    private final Bus bus;
    private final Bus.Reader tasks;
    private final Thread thread = new Thread(this::work, "scripted-worker");
    private final Set<String> seen = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    ScriptedWorker(Bus bus) {
        this.bus = bus;
        this.tasks = bus.read(Topics.tasks("quantization"), Topics.tasks("evaluation"));
        thread.start();
    }

    /** Ids of the tasks that were issued. */
    Set<String> seen() {
        return seen;
    }

    private void work() {
        try {
            while (!closed) {
                for (var event : tasks.events(Duration.ofMillis(100))) {
                    answer((TaskIssued) event.data());
                }
            }
        } catch (ExecutionException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void answer(TaskIssued task) throws ExecutionException, InterruptedException {
        seen.add(task.taskId());
        bus.send(
                Topics.PROGRESS,
                task.jobId(),
                new TaskProgressed(
                        task.jobId(), task.taskId(), task.step(), task.stage(), 0.5, "pretending", Map.of(), 1));
        bus.send(Topics.OUTCOMES, task.jobId(), outcome(task));
    }

    private static TaskSucceeded outcome(TaskIssued task) {
        return task.stage().equals("evaluation")
                ? Outcomes.evaluated(task, "scripted")
                : Outcomes.made(task, "scripted", Map.of());
    }

    @Override
    public void close() {
        closed = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        tasks.close();
    }
}
