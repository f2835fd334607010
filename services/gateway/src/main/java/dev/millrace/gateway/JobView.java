package dev.millrace.gateway;

import dev.millrace.message.JobChanged;
import dev.millrace.message.JobState;
import java.time.Instant;
import java.util.Comparator;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * All jobs that the orchestrator remembers, as they stood last. Thread-safe; written by the thread that reads the topic.
 *
 * <p>Holds about a kilobyte for each job.
 */
final class JobView {
    private final Map<String, JobEntry> jobs = new ConcurrentHashMap<>();
    private final NavigableMap<Position, String> newestFirst = new ConcurrentSkipListMap<>();

    /** The place of a job in lists. */
    private record Position(Instant createdAt, String jobId) implements Comparable<Position> {
        private static final Comparator<Position> ORDER =
                Comparator.comparing(Position::createdAt).reversed().thenComparing(Position::jobId);

        @Override
        public int compareTo(Position other) {
            return ORDER.compare(this, other);
        }
    }

    /** A snapshot came. */
    void put(JobEntry entry) {
        var summary = entry.summary();
        var before = jobs.put(summary.jobId(), entry);
        if (before != null && !before.summary().createdAt().equals(summary.createdAt())) {
            newestFirst.remove(position(before.summary()));
        }
        newestFirst.put(position(summary), summary.jobId());
    }

    /** A request was acknowledged; shown until its first snapshot comes. */
    void accept(JobChanged job) {
        var entry = JobEntry.of(job, JobEntry.ACCEPTED);
        if (jobs.putIfAbsent(job.jobId(), entry) == null) {
            newestFirst.put(position(entry.summary()), job.jobId());
        }
    }

    /** A tombstone came. */
    void remove(String jobId) {
        var removed = jobs.remove(jobId);
        if (removed != null) {
            newestFirst.remove(position(removed.summary()));
        }
    }

    Optional<JobEntry> job(String jobId) {
        return Optional.ofNullable(jobs.get(jobId));
    }

    /**
     * Some jobs, newest first.
     *
     * @param state null for all
     * @param after id of the job before the first one wanted; unknown ones are taken for the start
     */
    JobPage page(@Nullable JobState state, @Nullable String after, int limit) {
        var start = after == null ? null : jobs.get(after);
        var from = start == null ? newestFirst : newestFirst.tailMap(position(start.summary()), false);
        var found = from.values().stream()
                .flatMap(id -> job(id).stream())
                .map(JobEntry::summary)
                .filter(summary -> state == null || summary.state() == state)
                .limit(limit + 1L)
                .toList();
        return found.size() <= limit
                ? new JobPage(found, null)
                : new JobPage(found.subList(0, limit), found.get(limit - 1).jobId());
    }

    private static Position position(JobSummary summary) {
        return new Position(summary.createdAt(), summary.jobId());
    }
}
