package dev.millrace.orchestrator;

import dev.millrace.message.JobChanged;
import java.util.List;

/**
 * What an event does to a job.
 *
 * @param job the job from now on
 * @param events facts to tell besides the snapshot: tasks, cancellations, at most one terminal event
 */
record Transition(JobChanged job, List<? extends Record> events) {
    Transition {
        events = List.copyOf(events);
    }
}
