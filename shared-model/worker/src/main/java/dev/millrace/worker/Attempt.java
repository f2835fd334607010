package dev.millrace.worker;

import com.fasterxml.jackson.databind.node.LongNode;
import dev.millrace.artifact.OwnDirectory;
import dev.millrace.artifact.StorageFullException;
import dev.millrace.message.Problem;
import dev.millrace.message.RefusedException;
import dev.millrace.message.TaskIssued;
import dev.millrace.message.TaskRefused;
import dev.millrace.stage.FromChild;
import dev.millrace.stage.StorageFull;
import dev.millrace.stage.ToChild;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.Callable;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One try at a task: look whether the result is there already, else bring the inputs here, run the technique in a child JVM,
 * store the artifact, then the manifest. Whoever calls tells the outcome afterwards, so that dying at any moment leaves either
 * nothing or a result that the next attempt finds.
 */
final class Attempt implements Callable<Ending> {
    private static final Logger LOG = Logger.getLogger(Attempt.class);

    private final TaskRunner runner;
    private final TaskIssued task;
    private final int number;
    private final InputResolver inputs;
    private final Object lock = new Object();
    private @Nullable ChildProcess child; // guarded by lock
    private boolean stopped; // guarded by lock
    private volatile @Nullable TaskKey work;

    Attempt(TaskRunner runner, TaskIssued task, int number) {
        this.runner = runner;
        this.task = task;
        this.number = number;
        this.inputs = new InputResolver(runner.store());
    }

    TaskIssued task() {
        return task;
    }

    int number() {
        return number;
    }

    /** Ends the attempt, and the child that works on it, at once. From any thread, any number of times. */
    void stop() {
        synchronized (lock) {
            stopped = true;
            if (child != null) {
                child.kill();
            }
        }
    }

    /** Nobody will go on with this task: what it, or an attempt before it, saved for the next one is removed. */
    void forgetCheckpoint() {
        try {
            var key = work;
            new TaskCheckpoint(runner.store(), key == null ? key(inputs.resolve(task)) : key).remove();
        } catch (RefusedException e) { // what cannot be worked on has saved nothing
            LOG.debugf("no checkpoint to remove: %s", e);
        } catch (IOException e) { // costs room, not the task
            LOG.warnf("a checkpoint stays in the store: %s", e);
        }
    }

    @Override
    public Ending call() throws InterruptedException {
        try {
            return new Ending.Decided(run());
        } catch (RefusedException refused) {
            return new Ending.Decided(
                    new TaskRefused(task.jobId(), task.taskId(), task.step(), task.stage(), refused.problem()));
        } catch (FailedException e) {
            return new Ending.Broken(e.problem, e.logTail, !e.problem.code().equals(StorageFull.CODE));
        } catch (ChildDiedException e) {
            return isStopped() ? new Ending.Stopped() : new Ending.Broken(e.problem(), e.logTail(), true);
        } catch (IOException e) {
            boolean full = e instanceof StorageFullException || StorageFull.says(e);
            var problem = new Problem(full ? StorageFull.CODE : "IO_ERROR", where(), e.toString(), "");
            return new Ending.Broken(problem, List.of(), !full);
        }
    }

    private Record run() throws InterruptedException, ChildDiedException, FailedException, IOException {
        var local = inputs.resolve(task);
        var key = key(local);
        work = key;
        var found = runner.results().find(key);
        runner.metrics().looked(found.isPresent());
        if (found.isPresent()) {
            return found.get().answer(task, runner.results().hit(key, found.get()), number, runner.worker());
        }
        var why = runner.results().missed(key);
        return compute(key, local).answer(task, why, number, runner.worker());
    }

    private TaskKey key(LocalInputs local) throws IOException {
        return new KeyOfTask(runner, inputs, task).with(local);
    }

    private ResultManifest compute(TaskKey key, LocalInputs local)
            throws InterruptedException, ChildDiedException, FailedException, IOException {
        long from = System.nanoTime();
        var directory = runner.workDirectory().forAttempt();
        try {
            var answer = answer(request(key, local, directory), key);
            if (answer instanceof FromChild.Refused refused) {
                throw new RefusedException(refused.problem());
            }
            if (answer instanceof FromChild.Succeeded done) {
                var model = done.model() == null ? null : runner.store().put(done.model(), done.external());
                var report = new HashMap<>(done.report());
                if (done.peakMemoryBytes() != null) {
                    report.put("childPeakMemoryBytes", LongNode.valueOf(done.peakMemoryBytes()));
                }
                long millis = (System.nanoTime() - from) / 1_000_000;
                return runner.results()
                        .keep(
                                key,
                                new ResultManifest(
                                        key.parts(),
                                        model,
                                        done.evaluation(),
                                        report,
                                        runner.versions(),
                                        millis,
                                        done.figures(),
                                        done.search()));
            }
            throw new IllegalStateException("an answer that is none: " + answer);
        } finally {
            OwnDirectory.delete(directory);
        }
    }

    private FromChild.Answer answer(ToChild.RunTask request, TaskKey key)
            throws InterruptedException, ChildDiedException, FailedException, IOException {
        var taken = take();
        try {
            var answer = taken.run(request, new ChildProcess.Listener() {
                @Override
                public void progressed(FromChild.Progressed progress) {
                    runner.progress().progressed(task, number, progress);
                }

                @Override
                public Path checkpoint(Path file) throws IOException {
                    return new TaskCheckpoint(runner.store(), key).save(file);
                }
            });
            if (answer instanceof FromChild.Failed failed) {
                throw new FailedException(failed.problem(), taken.logTail());
            }
            return answer;
        } finally {
            synchronized (lock) {
                child = null;
            }
            runner.pool().giveBack(taken);
        }
    }

    private ChildProcess take() throws InterruptedException, ChildDiedException, IOException {
        var taken = runner.pool().take();
        synchronized (lock) {
            child = taken;
            if (stopped) {
                taken.kill();
            }
        }
        return taken;
    }

    private ToChild.RunTask request(TaskKey key, LocalInputs local, Path directory) throws IOException {
        return new ToChild.RunTask(
                task.stage(),
                task.technique(),
                local.options(),
                local.model(),
                local.baseline(),
                local.data(),
                task.objective() == null ? null : task.objective().metric(),
                key.parts().containsKey("target") ? task.target() : null,
                task.seed(),
                runner.threads(),
                directory,
                runner.cache(),
                new TaskCheckpoint(runner.store(), key).latest().orElse(null));
    }

    private boolean isStopped() {
        synchronized (lock) {
            return stopped;
        }
    }

    private String where() {
        return task.stage() + ":" + task.technique();
    }

    /** The technique failed and said why. */
    private static final class FailedException extends Exception {
        private final transient Problem problem;
        private final transient List<String> logTail;

        FailedException(Problem problem, List<String> logTail) {
            super(problem.message());
            this.problem = problem;
            this.logTail = logTail;
        }
    }
}
