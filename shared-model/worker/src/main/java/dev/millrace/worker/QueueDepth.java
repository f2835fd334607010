package dev.millrace.worker;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec;
import org.apache.kafka.clients.admin.SharePartitionOffsetInfo;
import org.apache.kafka.common.TopicPartition;
import org.jboss.logging.Logger;

/** Lag of the share groups, as Kafka tells it: tasks that nobody has acknowledged yet. Autoscalers look at it. */
final class QueueDepth {
    private static final Logger LOG = Logger.getLogger(QueueDepth.class);
    private static final long PERIOD_MILLIS = 5_000;

    private final Admin admin;
    private final Map<String, AtomicLong> depthByGroup = new LinkedHashMap<>();

    QueueDepth(Admin admin, List<String> stages, WorkerMetrics metrics) {
        this.admin = admin;
        for (var stage : stages) {
            var depth = new AtomicLong();
            depthByGroup.put(TopicSetup.group(stage), depth);
            metrics.queueDepth(stage, depth::get);
        }
    }

    /** Asks Kafka every few seconds, on this thread. */
    void measureWhile(BooleanSupplier wanted) {
        try {
            while (wanted.getAsBoolean()) {
                measure();
                TimeUnit.MILLISECONDS.sleep(PERIOD_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void measure() throws InterruptedException {
        var everything = new ListShareGroupOffsetsSpec();
        var groups = depthByGroup.keySet().stream().collect(Collectors.toMap(group -> group, group -> everything));
        try {
            var offsets = admin.listShareGroupOffsets(groups).all().get();
            depthByGroup.forEach((group, depth) -> depth.set(lag(offsets.getOrDefault(group, Map.of()))));
        } catch (ExecutionException e) {
            LOG.debugf("no queue depth: %s", e.getMessage());
        }
    }

    private static long lag(Map<TopicPartition, SharePartitionOffsetInfo> partitions) {
        return partitions.values().stream()
                .filter(Objects::nonNull) // Kafka has none for a partition that nobody has read yet
                .mapToLong(partition -> partition.lag().orElse(0L))
                .sum();
    }
}
