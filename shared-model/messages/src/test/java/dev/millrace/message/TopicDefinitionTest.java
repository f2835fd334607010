package dev.millrace.message;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class TopicDefinitionTest {
    @Test
    void definesEveryTopicOfTheContract() {
        var names = Arrays.stream(Topics.class.getFields())
                .filter(field -> Modifier.isStatic(field.getModifiers()) && field.getType() == String.class)
                .map(TopicDefinitionTest::value)
                .toList();

        assertThat(TopicDefinition.all(List.of("pruning")))
                .extracting(TopicDefinition::name)
                .containsAll(names)
                .contains("millrace.tasks.pruning")
                .doesNotHaveDuplicates();
    }

    @Test
    void keepsOneOrderWhereEveryReaderReadsEverything() {
        assertThat(TopicDefinition.all(List.of()))
                .filteredOn(topic -> topic.partitions(12) == 1)
                .extracting(TopicDefinition::name)
                .containsExactly(Topics.CONTROL, Topics.CATALOGUE, Topics.DEAD_LETTERS);
    }

    @Test
    void letsEveryWorkerReachEveryTask() {
        assertThat(TopicDefinition.tasks("pruning").partitions(12)).isOne();
    }

    private static String value(Field field) {
        try {
            return (String) field.get(null);
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }
}
