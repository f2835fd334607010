package dev.millrace.worker;

import dev.millrace.artifact.ArtifactStore;
import dev.millrace.message.TaskIssued;
import dev.millrace.stage.FromChild;
import dev.millrace.stage.Machine;
import dev.millrace.stage.SharedCache;
import dev.millrace.stage.Techniques;
import java.util.Map;

/**
 * What every attempt of this process needs.
 *
 * @param results that were made before, by anyone
 * @param workDirectory of this process; attempts make their own below
 * @param cache what tasks leave for each other
 * @param machine that this process runs on
 * @param versions of code and engines, name to version
 * @param code digest of the code
 * @param worker name of this process
 */
record TaskRunner(
        Techniques techniques,
        ArtifactStore store,
        ResultCache results,
        RunnerPool pool,
        ProgressListener progress,
        WorkDirectory workDirectory,
        SharedCache cache,
        int threads,
        Machine machine,
        Map<String, String> versions,
        String code,
        String worker,
        WorkerMetrics metrics) {

    /** Hears of progress. */
    interface ProgressListener {
        void progressed(TaskIssued task, int attempt, FromChild.Progressed progress);
    }

    Attempt attempt(TaskIssued task, int number) {
        return new Attempt(this, task, number);
    }
}
