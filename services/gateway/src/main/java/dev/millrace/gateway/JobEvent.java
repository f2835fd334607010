package dev.millrace.gateway;

import dev.millrace.message.JobChanged;
import dev.millrace.message.TaskProgressed;

/**
 * One server-sent event.
 *
 * @param name {@code job}, {@code progress}, or empty for a sign of life
 * @param id where a client that reconnects goes on, made of the positions of the last snapshot and progress
 * @param json the {@link JobChanged} or {@link TaskProgressed}
 * @param last whether the job has ended with it
 */
record JobEvent(String name, String id, String json, boolean last) {
    static final JobEvent HEARTBEAT = new JobEvent("", "", "", false);
}
