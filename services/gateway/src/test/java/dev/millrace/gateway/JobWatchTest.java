package dev.millrace.gateway;

import static dev.millrace.gateway.Snapshots.job;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.message.JobState;
import io.smallrye.mutiny.helpers.test.AssertSubscriber;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class JobWatchTest {
    private static final Duration SOON = Duration.ofSeconds(10);

    @Test
    void tellsSnapshotsAndProgressAndEndsWithTheJob() {
        var watch = new JobWatch(null);
        var client = watch.events().subscribe().withSubscriber(AssertSubscriber.create(10));
        watch.changed(entry(JobState.RUNNING, 0));
        client.awaitItems(1, SOON);
        watch.progressed(new JobWatch.Progress(0, "{}"));
        client.awaitItems(2, SOON);
        watch.changed(entry(JobState.COMPLETED, 1));
        client.awaitCompletion(SOON);
        assertThat(client.getItems()).extracting(JobEvent::name).containsExactly("job", "progress", "job");
        assertThat(client.getItems()).extracting(JobEvent::id).doesNotHaveDuplicates();
    }

    @Test
    void givesASlowClientOnlyTheNewest() {
        var watch = new JobWatch(null);
        for (int i = 0; i < 1000; i++) {
            watch.changed(entry(JobState.RUNNING, i));
            watch.progressed(new JobWatch.Progress(i, "{\"fraction\":" + i + "}"));
        }
        var client = watch.events().subscribe().withSubscriber(AssertSubscriber.create(2));
        client.awaitItems(2, SOON);
        assertThat(client.getItems()).extracting(JobEvent::name).containsExactly("job", "progress");
        assertThat(client.getItems().get(1).json()).isEqualTo("{\"fraction\":999}");
        client.cancel();
    }

    @Test
    void goesOnWhereTheClientWas() {
        var before = new JobWatch(null);
        var client = before.events().subscribe().withSubscriber(AssertSubscriber.create(2));
        before.changed(entry(JobState.RUNNING, 4));
        before.progressed(new JobWatch.Progress(7, "{}"));
        String lastEventId = client.awaitItems(2, SOON).getItems().get(1).id();
        client.cancel();

        var after = new JobWatch(lastEventId);
        after.changed(entry(JobState.RUNNING, 4));
        after.progressed(new JobWatch.Progress(7, "{}"));
        after.progressed(new JobWatch.Progress(8, "{\"new\":true}"));
        assertThat(first(after).json()).isEqualTo("{\"new\":true}");
    }

    @Test
    void tellsTheEndAgainToAClientThatReconnects() {
        var watch = new JobWatch("99-99");
        watch.changed(entry(JobState.FAILED, 3));
        var event = first(watch);
        assertThat(event.name()).isEqualTo("job");
        assertThat(event.last()).isTrue();
    }

    @Test
    void takesAnUnreadablePositionForNone() {
        for (@Nullable String id : new String[] {null, "", "x", "1", "-1-2", "1-2-3", "99999999999999999999-1"}) {
            var watch = new JobWatch(id);
            watch.changed(entry(JobState.RUNNING, 0));
            assertThat(first(watch).name()).isEqualTo("job");
        }
    }

    private static JobEvent first(JobWatch watch) {
        var client = watch.events().subscribe().withSubscriber(AssertSubscriber.create(1));
        var event = client.awaitItems(1, SOON).getItems().get(0);
        client.cancel();
        return event;
    }

    private static JobEntry entry(JobState state, long offset) {
        return JobEntry.of(job("a", state, 0), offset);
    }
}
