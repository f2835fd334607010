package dev.millrace.orchestrator;

import dev.millrace.message.JobChanged;
import java.util.List;

/**
 * What an event does to a job.
 *
 * @param job the job from now on
 * @param events facts to tell besides the snapshot: at most one task, cancellation or terminal event of each kind
 */
record Transition(JobChanged job, List<Record> events) {
    Transition {
        events = List.copyOf(events);
    }
}
