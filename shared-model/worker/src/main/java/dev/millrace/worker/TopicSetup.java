package dev.millrace.worker;

import dev.millrace.message.TopicDefinition;
import dev.millrace.message.Topics;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TopicExistsException;

/** Creates the topics that are missing, from {@link TopicDefinition}, and configures the share groups of stages. */
public final class TopicSetup {
    /** Deliveries before Kafka archives a task unseen; more than the attempts that we allow, so that we are first. */
    private static final int DELIVERIES = 10;

    private TopicSetup() {}

    /** Topics that exist stay as they are. Replicas are as many as the broker's default says. */
    public static void createTopics(Admin admin, Collection<TopicDefinition> topics, int partitions)
            throws InterruptedException, ExecutionException {
        var missing = topics.stream()
                .map(topic -> new NewTopic(
                                topic.name(), Optional.of(topic.partitions(partitions)), Optional.<Short>empty())
                        .configs(topic.config()))
                .toList();
        for (var created : admin.createTopics(missing).values().values()) {
            try {
                created.get();
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof TopicExistsException)) {
                    throw e;
                }
            }
        }
    }

    /** A task that was issued before the first worker came is not skipped, one of an aborted transaction is. */
    static void configureGroups(Admin admin, Collection<String> stages, Duration lock)
            throws InterruptedException, ExecutionException {
        var settings = Map.of(
                "share.auto.offset.reset",
                "earliest",
                "share.isolation.level",
                "read_committed",
                "share.record.lock.duration.ms",
                Long.toString(lock.toMillis()),
                "share.delivery.count.limit",
                Integer.toString(DELIVERIES));
        Collection<AlterConfigOp> changes = settings.entrySet().stream()
                .map(entry ->
                        new AlterConfigOp(new ConfigEntry(entry.getKey(), entry.getValue()), AlterConfigOp.OpType.SET))
                .toList();
        admin.incrementalAlterConfigs(stages.stream()
                        .collect(Collectors.toMap(
                                stage -> new ConfigResource(ConfigResource.Type.GROUP, group(stage)),
                                stage -> changes)))
                .all()
                .get();
    }

    /** The share group of a stage's workers. */
    static String group(String stage) {
        return "millrace." + stage;
    }

    static String topic(String stage) {
        return Topics.tasks(stage);
    }
}
