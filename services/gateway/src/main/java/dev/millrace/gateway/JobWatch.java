package dev.millrace.gateway;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One client that watches one job. Keeps only what the client has not been sent of the newest snapshot and the newest
 * progress, so that a slow client costs no memory and skips what is outdated.
 */
final class JobWatch {
    static final Duration HEARTBEAT = Duration.ofSeconds(15);

    /** Before every offset, that of an accepted job included. */
    private static final long NOTHING = JobEntry.ACCEPTED - 1;

    private long sentJob;
    private long sentProgress;
    private @Nullable JobEntry job;
    private @Nullable Progress progress;
    private @Nullable UniEmitter<? super Void> waiting;

    /** Newest progress of a job and its position in its partition. */
    record Progress(long offset, String json) {}

    /** @param lastEventId of the client's last connection; null or unreadable for a new client */
    JobWatch(@Nullable String lastEventId) {
        long[] seen = parse(lastEventId);
        sentJob = seen[0];
        sentProgress = seen[1];
    }

    synchronized void changed(JobEntry newest) {
        boolean isNew = newest.offset() > (job == null ? sentJob : job.offset());
        if (isNew || newest.summary().state().terminal()) { // the end is told again rather than waited for
            job = newest;
            wake();
        }
    }

    synchronized void progressed(Progress newest) {
        if (newest.offset() > sentProgress) {
            progress = newest;
            wake();
        }
    }

    /** Everything from now on, at the client's pace; ends with the job. */
    Multi<JobEvent> events() {
        return Multi.createBy().repeating().uni(this::next).whilst(event -> !event.last());
    }

    private Uni<JobEvent> next() {
        return Uni.createFrom()
                .<Void>emitter(this::await)
                .ifNoItem()
                .after(HEARTBEAT)
                .recoverWithUni(Uni.createFrom().voidItem())
                .emitOn(Infrastructure.getDefaultExecutor())
                .map(woken -> take());
    }

    private synchronized void await(UniEmitter<? super Void> emitter) {
        waiting = emitter;
        if (job != null || progress != null) {
            wake();
        }
    }

    private synchronized void wake() {
        if (waiting != null) {
            var woken = waiting;
            waiting = null;
            woken.complete(null);
        }
    }

    private synchronized JobEvent take() {
        if (job != null) {
            var taken = job;
            job = null;
            sentJob = taken.offset();
            boolean last = taken.summary().state().terminal();
            return new JobEvent("job", id(), new String(taken.json(), StandardCharsets.UTF_8), last);
        }
        if (progress != null) {
            var taken = progress;
            progress = null;
            sentProgress = taken.offset();
            return new JobEvent("progress", id(), taken.json(), false);
        }
        return JobEvent.HEARTBEAT;
    }

    private String id() {
        return (sentJob - NOTHING) + "-" + (sentProgress - NOTHING);
    }

    private static long[] parse(@Nullable String lastEventId) {
        if (lastEventId == null || !lastEventId.matches("\\d{1,18}-\\d{1,18}")) {
            return new long[] {NOTHING, NOTHING};
        }
        String[] parts = lastEventId.split("-", 2);
        return new long[] {Long.parseLong(parts[0]) + NOTHING, Long.parseLong(parts[1]) + NOTHING};
    }
}
