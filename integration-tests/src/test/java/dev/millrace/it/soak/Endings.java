package dev.millrace.it.soak;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.it.flow.Bus;
import dev.millrace.message.CloudEvent;
import dev.millrace.message.CompressionCompleted;
import dev.millrace.message.Topics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/** Terminal events, as a reader of committed events sees them who began at the start of the topic. */
final class Endings implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration AFTERMATH = Duration.ofSeconds(3);

    private final Bus.Reader completed;
    private final List<CloudEvent> seen = new ArrayList<>();

    Endings(Bus bus) {
        this.completed = bus.read(Topics.COMPLETED);
    }

    /** Waits until this many events have come. */
    void await(int events, Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        while (seen.size() < events) {
            assertThat(System.nanoTime())
                    .as("%d of %d terminal events within %s", seen.size(), events, limit)
                    .isLessThan(deadline);
            read(POLL);
        }
    }

    /** Gives an event too many the time to come. */
    void awaitAftermath() {
        read(AFTERMATH);
    }

    int count() {
        return seen.size();
    }

    long completed() {
        return seen.stream()
                .filter(event -> event.data() instanceof CompressionCompleted)
                .count();
    }

    /** What a job came to that must have completed. */
    CompressionCompleted completed(String jobId) {
        var ending = seen.stream()
                .filter(event -> jobId.equals(event.subject()))
                .map(CloudEvent::data)
                .findFirst()
                .orElseThrow();
        assertThat(ending).isInstanceOf(CompressionCompleted.class);
        return (CompressionCompleted) ending;
    }

    /** How those jobs ended that did not complete. */
    List<String> others() {
        return seen.stream()
                .filter(event -> !(event.data() instanceof CompressionCompleted))
                .map(event -> String.valueOf(event.data()))
                .toList();
    }

    /** Every job once, under the id that its terminal event has to have, and no job that nobody asked for. */
    void assertOneOfEach(Collection<String> jobIds) {
        assertThat(seen)
                .allSatisfy(event -> assertThat(event.id()).isEqualTo(event.subject() + "#terminal"))
                .extracting(CloudEvent::subject)
                .containsExactlyInAnyOrderElementsOf(jobIds.stream().collect(Collectors.toList()));
    }

    private void read(Duration wait) {
        seen.addAll(completed.events(wait));
    }

    @Override
    public void close() {
        completed.close();
    }
}
