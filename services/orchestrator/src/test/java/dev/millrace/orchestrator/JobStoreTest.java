package dev.millrace.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.message.JobChanged;
import dev.millrace.message.JobState;
import dev.millrace.message.Json;
import java.time.Instant;
import java.util.List;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.state.Stores;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class JobStoreTest {
    private static final Instant START = Instant.parse("2026-11-25T00:00:00Z");

    private final MockProcessorContext<Void, Void> context = new MockProcessorContext<>();

    @BeforeEach
    void addStores() {
        for (String name : List.of(JobStore.JOBS, JobStore.EXPIRIES)) {
            var store = Stores.keyValueStoreBuilder(
                            Stores.inMemoryKeyValueStore(name), Serdes.String(), Serdes.ByteArray())
                    .withLoggingDisabled()
                    .build();
            store.init(context.getStateStoreContext(), store);
        }
    }

    @Test
    void countsTheRunningJobs() {
        var store = new JobStore(context);
        put(store, "a", JobState.RUNNING);
        put(store, "b", JobState.COMPLETED);
        put(store, "c", JobState.RUNNING);
        put(store, "d", JobState.CANCELLED);
        assertThat(store.running()).isEqualTo(2);
    }

    @Test
    void returnsWhatWasPut() {
        var store = new JobStore(context);
        var job = put(store, "a", JobState.RUNNING);
        assertThat(store.job("a")).isEqualTo(job);
        assertThat(store.job("b")).isNull();
    }

    @Test
    void forgetsWhatIsDueOldestFirstAndNoMoreThanTheLimit() {
        var store = new JobStore(context);
        put(store, "late", JobState.COMPLETED);
        store.forgetAt("late", START.plusSeconds(3));
        put(store, "second", JobState.COMPLETED);
        store.forgetAt("second", START.plusSeconds(2));
        put(store, "first", JobState.COMPLETED);
        store.forgetAt("first", START.plusSeconds(1));

        assertThat(store.forget(START.plusMillis(2500), 1)).containsExactly("first");
        assertThat(store.forget(START.plusMillis(2500), 9)).containsExactly("second");
        assertThat(store.forget(START.plusMillis(2500), 9)).isEmpty();
        assertThat(store.job("first")).isNull();
        assertThat(store.job("late")).isNotNull();
    }

    private static JobChanged put(JobStore store, String id, JobState state) {
        var job = new JobChanged(
                id,
                state,
                Jobs.request(null, "pruning:magnitude"),
                null,
                List.of(),
                null,
                null,
                null,
                null,
                START,
                START);
        store.put(job, Json.write(job));
        return job;
    }
}
