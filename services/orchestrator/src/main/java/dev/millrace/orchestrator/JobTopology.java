package dev.millrace.orchestrator;

import dev.millrace.message.Topics;
import java.time.Duration;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/** Requests and outcomes in, one processor with the jobs, every other topic out. */
final class JobTopology {
    private JobTopology() {}

    static Topology of(JobMachine machine, Duration retention, JobMetrics metrics) {
        var keys = new StringDeserializer();
        var values = new ByteArrayDeserializer();
        return new Topology()
                .addGlobalStore(
                        Stores.keyValueStoreBuilder(
                                        Stores.inMemoryKeyValueStore(CatalogueProcessor.STORE),
                                        Serdes.String(),
                                        Serdes.ByteArray())
                                .withLoggingDisabled(),
                        "catalogue-source",
                        keys,
                        values,
                        Topics.CATALOGUE,
                        "catalogue-reader",
                        CatalogueProcessor::new)
                .addSource("requests", keys, values, Topics.REQUESTS)
                .addSource("outcomes", keys, values, Topics.OUTCOMES)
                .addProcessor("machine", () -> new JobProcessor(machine, retention, metrics), "requests", "outcomes")
                .addStateStore(store(JobStore.JOBS), "machine")
                .addStateStore(store(JobStore.EXPIRIES), "machine")
                .<String, Outgoing>addSink(
                        "events",
                        (key, outgoing, context) -> outgoing.topic(),
                        new StringSerializer(),
                        (topic, outgoing) -> outgoing.body(),
                        "machine");
    }

    /** On disk, because the number of jobs is anybody's; its changelog topic outlives the disk. */
    private static StoreBuilder<KeyValueStore<String, byte[]>> store(String name) {
        return Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(name), Serdes.String(), Serdes.ByteArray());
    }
}
