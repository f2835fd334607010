/**
 * What every stage service shares: it takes tasks from Kafka, runs them in child JVMs and tells how they ended. No numerics,
 * no native code in this process.
 *
 * <p>Threads: one consumer thread for every stage and slot, which owns its Kafka client and keeps the lock of its task; the
 * attempt itself runs on another thread and talks to one child JVM. Everything that these share is thread-safe.
 *
 * <ul>
 *   <li><b>slot</b>: room for one running task; a process has {@code millrace.worker.concurrency} of them
 *   <li><b>lease</b>: a delivered task with its lock; renewed while the work runs, lost when the process was paused too long
 *   <li><b>attempt</b>: one try at a task; a task has three
 *   <li><b>content key</b>: digest of everything that a result depends on
 * </ul>
 */
@NullMarked
package dev.millrace.worker;

import org.jspecify.annotations.NullMarked;
