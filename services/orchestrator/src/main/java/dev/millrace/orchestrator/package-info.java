/**
 * Decides what each job does next.
 *
 * <p>{@link dev.millrace.orchestrator.JobMachine} is pure: the job as it stands and an event give the job as it stands then
 * and the events to send. {@link dev.millrace.orchestrator.JobProcessor} runs it inside a Kafka Streams task, where the new
 * state, the events and the position in the input become visible in one transaction or not at all. Everything that has the
 * same job id as Kafka key is processed one after the other.
 *
 * <p>A stage that is expected but whose worker has never been up is no reason to refuse: its task is issued and waits in
 * its topic; the snapshot's {@code task} names the stage, and the catalogue does not list it yet.
 */
@NullMarked
package dev.millrace.orchestrator;

import org.jspecify.annotations.NullMarked;
