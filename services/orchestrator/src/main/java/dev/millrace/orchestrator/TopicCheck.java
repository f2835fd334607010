package dev.millrace.orchestrator;

import dev.millrace.message.TopicDefinition;
import dev.millrace.message.Topics;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.errors.TopicExistsException;
import org.jboss.logging.Logger;

/** Sees to it that every topic is there before Kafka Streams looks for them. */
final class TopicCheck {
    private static final Logger LOG = Logger.getLogger(TopicCheck.class);

    private TopicCheck() {}

    /**
     * Creates what is missing.
     *
     * @param kafka settings of the admin client
     * @param partitions of partitioned topics that are created now
     * @throws ExecutionException if the cluster cannot be reached or refuses
     * @throws IllegalStateException if requests and outcomes have different numbers of partitions: the events of one job
     *     would meet different states
     */
    static void run(Map<String, Object> kafka, Collection<String> stages, int partitions)
            throws ExecutionException, InterruptedException {
        try (var admin = Admin.create(kafka)) {
            create(admin, TopicDefinition.all(stages), partitions);
            int requests = partitions(admin, Topics.REQUESTS);
            int outcomes = partitions(admin, Topics.OUTCOMES);
            if (requests != outcomes) {
                throw new IllegalStateException(Topics.REQUESTS + " has " + requests + " partitions, " + Topics.OUTCOMES
                        + " has " + outcomes + ": they must have the same number");
            }
            for (var stage : stages) {
                int tasks = partitions(admin, Topics.tasks(stage));
                if (tasks > 1) {
                    LOG.warnf(
                            "%s has %d partitions: only a part of the workers reaches the tasks of one job, and a search"
                                    + " gains little by more of them. Create the topic anew with one partition.",
                            Topics.tasks(stage), tasks);
                }
            }
        }
    }

    private static int partitions(Admin admin, String topic) throws ExecutionException, InterruptedException {
        return admin.describeTopics(List.of(topic))
                .topicNameValues()
                .values()
                .iterator()
                .next()
                .get()
                .partitions()
                .size();
    }

    private static void create(Admin admin, List<TopicDefinition> definitions, int partitions)
            throws ExecutionException, InterruptedException {
        var existing = admin.listTopics().names().get();
        var missing = definitions.stream()
                .filter(definition -> !existing.contains(definition.name()))
                .map(definition -> new NewTopic(
                                definition.name(), Optional.of(definition.partitions(partitions)), Optional.empty())
                        .configs(definition.config()))
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
}
