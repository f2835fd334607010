package dev.millrace.message;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * How a topic must be created. Whoever starts first creates what is missing: workers do it with their admin client, the
 * standalone and the orchestrator with theirs, all from {@link #all}.
 *
 * @param partitioned whether the topic takes as many partitions as the installation wants; the others have one: those that
 *     every reader reads in one order, and those of tasks, because a share group hands each partition of several to a part
 *     of the workers only, and all tasks of a job, the trials of a search among them, lie in one
 * @param config topic settings of Kafka
 */
public record TopicDefinition(String name, boolean partitioned, Map<String, String> config) {
    private static final Map<String, String> MONTH = Map.of("retention.ms", days(30));
    private static final Map<String, String> DAY = Map.of("retention.ms", days(1));
    private static final Map<String, String> HOUR = Map.of("retention.ms", "3600000", "segment.ms", "3600000");
    private static final Map<String, String> COMPACTED = Map.of("cleanup.policy", "compact");

    public TopicDefinition {
        config = Map.copyOf(config);
    }

    /** Every topic of an installation with these stages. */
    public static List<TopicDefinition> all(Collection<String> stages) {
        var topics = new ArrayList<>(List.of(
                new TopicDefinition(Topics.REQUESTS, true, MONTH),
                new TopicDefinition(Topics.OUTCOMES, true, MONTH),
                new TopicDefinition(Topics.PROGRESS, true, HOUR),
                new TopicDefinition(Topics.JOBS, true, COMPACTED),
                new TopicDefinition(Topics.COMPLETED, true, MONTH),
                new TopicDefinition(Topics.CONTROL, false, DAY),
                new TopicDefinition(Topics.CATALOGUE, false, COMPACTED),
                new TopicDefinition(Topics.DEAD_LETTERS, false, MONTH)));
        stages.stream().sorted().map(TopicDefinition::tasks).forEach(topics::add);
        return List.copyOf(topics);
    }

    /** The topic that the tasks of a stage go to. */
    public static TopicDefinition tasks(String stage) {
        return new TopicDefinition(Topics.tasks(stage), false, MONTH);
    }

    /** Partitions of this topic where partitioned topics have {@code partitions}. */
    public int partitions(int partitions) {
        return partitioned ? partitions : 1;
    }

    private static String days(int days) {
        return Long.toString(days * 24L * 60 * 60 * 1000);
    }
}
