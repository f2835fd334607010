package dev.millrace.standalone;

import dev.millrace.message.Topics;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;

/** The topics of one machine: one partition and one replica each, snapshots compacted, progress kept for an hour. */
public final class TopicLayout {
    private static final Map<String, String> COMPACTED =
            Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT);
    private static final Map<String, String> FOREVER = Map.of(TopicConfig.RETENTION_MS_CONFIG, "-1");
    private static final Map<String, String> AN_HOUR = Map.of(
            TopicConfig.RETENTION_MS_CONFIG, Long.toString(Duration.ofHours(1).toMillis()));

    private TopicLayout() {}

    /** All topics of Millrace with the task topics of these stages. */
    public static List<NewTopic> of(Collection<String> stages) {
        return Stream.concat(
                        Stream.of(
                                topic(Topics.REQUESTS, FOREVER),
                                topic(Topics.OUTCOMES, FOREVER),
                                topic(Topics.PROGRESS, AN_HOUR),
                                topic(Topics.JOBS, COMPACTED),
                                topic(Topics.COMPLETED, FOREVER),
                                topic(Topics.CONTROL, AN_HOUR),
                                topic(Topics.CATALOGUE, COMPACTED),
                                topic(Topics.DEAD_LETTERS, FOREVER)),
                        stages.stream().map(stage -> topic(Topics.tasks(stage), FOREVER)))
                .toList();
    }

    /**
     * Creates the topics that do not exist yet.
     *
     * @throws IllegalStateException if the broker refuses or does not answer in time
     */
    public static void create(String bootstrapServers, Collection<NewTopic> topics, Duration timeout)
            throws InterruptedException {
        try (var admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers))) {
            for (var created : admin.createTopics(topics).values().entrySet()) {
                try {
                    created.getValue().get(timeout.toMillis(), TimeUnit.MILLISECONDS);
                } catch (ExecutionException e) {
                    if (!(e.getCause() instanceof TopicExistsException)) {
                        throw new IllegalStateException("Topic " + created.getKey() + " was not created", e);
                    }
                } catch (TimeoutException e) {
                    throw new IllegalStateException("Topic " + created.getKey() + " was not created in " + timeout, e);
                }
            }
        }
    }

    private static NewTopic topic(String name, Map<String, String> settings) {
        return new NewTopic(name, 1, (short) 1).configs(settings);
    }
}
