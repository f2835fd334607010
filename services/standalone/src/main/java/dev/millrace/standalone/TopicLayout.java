package dev.millrace.standalone;

import dev.millrace.message.TopicDefinition;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.errors.TopicExistsException;

/** Creates topics on a broker of one machine: one partition and one replica each. */
public final class TopicLayout {
    private TopicLayout() {}

    /**
     * Creates the topics that do not exist yet.
     *
     * @throws IllegalStateException if the broker refuses or does not answer in time
     */
    public static void create(String bootstrapServers, Collection<TopicDefinition> topics, Duration timeout)
            throws InterruptedException {
        var wanted = topics.stream()
                .map(topic -> new NewTopic(topic.name(), topic.partitions(1), (short) 1).configs(topic.config()))
                .toList();
        try (var admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers))) {
            for (var created : admin.createTopics(wanted).values().entrySet()) {
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
}
