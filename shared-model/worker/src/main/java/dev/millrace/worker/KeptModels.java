package dev.millrace.worker;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.JobChanged;
import dev.millrace.message.Json;
import dev.millrace.message.Topics;
import dev.millrace.message.Trial;
import dev.millrace.message.UnreadableEventException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.jboss.logging.Logger;

/**
 * Addresses of stored models that jobs need: all that a running job names; of a job that has ended its request, its result and
 * the front of its search. What lay between may be computed again.
 */
final class KeptModels {
    private static final Logger LOG = Logger.getLogger(KeptModels.class);
    private static final String STORED = "millrace:";
    private static final Duration POLL = Duration.ofSeconds(1);

    /** Whoever cannot read all of the topic in this time must not believe that nothing is needed. */
    private static final Duration LONGEST = Duration.ofMinutes(2);

    private final Map<String, Set<String>> byJob = new HashMap<>();

    /**
     * As all jobs stand now.
     *
     * @throws org.apache.kafka.common.KafkaException if Kafka cannot be asked, or does not answer in time
     */
    static Set<String> read(KafkaClients clients) {
        try (var reader = clients.reader()) {
            return read(reader);
        }
    }

    /** @param reader without a group; is left at the end of the topic */
    static Set<String> read(Consumer<String, byte[]> reader) {
        var partitions = reader.partitionsFor(Topics.JOBS).stream()
                .map(info -> new TopicPartition(Topics.JOBS, info.partition()))
                .toList();
        reader.assign(partitions);
        reader.seekToBeginning(partitions);
        var ends = reader.endOffsets(partitions);
        var kept = new KeptModels();
        long from = System.nanoTime();
        while (!reached(reader, ends)) {
            if (System.nanoTime() - from > LONGEST.toNanos()) {
                throw new TimeoutException("reading " + Topics.JOBS);
            }
            reader.poll(POLL).forEach(kept::accept);
        }
        return kept.byJob.values().stream().flatMap(Set::stream).collect(Collectors.toSet());
    }

    private static boolean reached(Consumer<?, ?> reader, Map<TopicPartition, Long> ends) {
        return ends.entrySet().stream().allMatch(end -> reader.position(end.getKey()) >= end.getValue());
    }

    private void accept(ConsumerRecord<String, byte[]> record) {
        if (record.value() == null) {
            byJob.remove(record.key());
            return;
        }
        try {
            if (KafkaClients.event(record).data() instanceof JobChanged job) {
                byJob.put(record.key(), of(job));
            }
        } catch (UnreadableEventException e) { // of a newer version; what it needs is unknown, what it needed stays
            LOG.warnf("cannot read job %s: %s", record.key(), e.getMessage());
        }
    }

    /** What one job needs. */
    static Set<String> of(JobChanged job) {
        var needed = new HashSet<String>();
        Stream<?> parts = job.state().terminal()
                ? Stream.of(
                                Stream.of(job.request()),
                                Stream.ofNullable(job.best()),
                                Stream.ofNullable(job.search())
                                        .flatMap(search -> search.frontTrials().stream())
                                        .map(Trial::model)
                                        .flatMap(Stream::ofNullable))
                        .flatMap(each -> each)
                : Stream.of(job);
        parts.forEach(part -> collect(Json.mapper().<JsonNode>valueToTree(part), needed));
        return needed;
    }

    private static void collect(JsonNode node, Set<String> needed) {
        if (node.isTextual() && node.textValue().startsWith(STORED)) {
            needed.add(node.textValue());
        }
        node.forEach(child -> collect(child, needed));
    }
}
