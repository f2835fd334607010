package dev.millrace.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The AsyncAPI document says what the code does. */
class AsyncApiTest {
    private static final String STAGE = "{stage}";

    private static JsonNode document;

    @BeforeAll
    static void read() throws IOException {
        try (var in = AsyncApiTest.class.getResourceAsStream("asyncapi.yaml")) {
            document = new YAMLMapper().readTree(in);
        }
    }

    @Test
    void listsEveryTopicWithItsSettings() {
        var described = new HashMap<String, Map<String, String>>();
        for (var channel : document.path("channels")) {
            var kafka = channel.path("bindings").path("kafka");
            described.put(channel.path("address").asText(), settings(kafka.path("topicConfiguration")));
        }

        assertThat(described)
                .isEqualTo(TopicDefinition.all(List.of(STAGE)).stream()
                        .collect(Collectors.toMap(TopicDefinition::name, TopicDefinition::config)));
    }

    @Test
    void saysWhichTopicsHaveOnePartition() {
        var single = StreamSupport.stream(document.path("channels").spliterator(), false)
                .filter(channel -> channel.at("/bindings/kafka/partitions").asInt() == 1)
                .map(channel -> channel.path("address").asText());

        assertThat(single)
                .containsExactlyInAnyOrderElementsOf(TopicDefinition.all(List.of(STAGE)).stream()
                        .filter(topic -> !topic.partitioned())
                        .map(TopicDefinition::name)
                        .toList());
    }

    @Test
    void describesEveryEventTypeWithItsSchema() {
        var described = new HashMap<String, String>();
        document.path("components").path("messages").forEach(message -> {
            if (message.has("traits")) {
                described.put(
                        message.path("name").asText(),
                        message.at("/payload/schema/$ref").asText());
            }
        });

        assertThat(described)
                .isEqualTo(Stream.of(EventType.values())
                        .collect(Collectors.toMap(EventType::type, type -> "schema/" + type.schemaFile())));
    }

    @Test
    void everyReferenceLeadsSomewhere() {
        var references = references(document, new ArrayList<>());

        assertThat(references).isNotEmpty().allSatisfy(reference -> {
            if (reference.startsWith("#")) {
                assertThat(document.at(reference.substring(1)).isMissingNode()).isFalse();
            } else {
                assertThat(AsyncApiTest.class.getResource(reference)).isNotNull();
            }
        });
    }

    @Test
    void everyMessageIsInAChannelAndEveryChannelInAnOperation() {
        var references = new TreeSet<>(references(document, new ArrayList<>()));

        assertThat(references).containsAll(paths("#/components/messages/", document.at("/components/messages")));
        assertThat(references).containsAll(paths("#/channels/", document.path("channels")));
    }

    @Test
    void namesTheHeadersThatAreWritten() {
        var event = Samples.of(EventType.TASK_ISSUED);
        var written = CloudEvents.encode(CloudEvent.of("1", "/tests", "job-7", Instant.EPOCH, event)
                        .inTrace("00-aa-bb-01", "x=1"))
                .headers()
                .keySet();

        assertThat(names(document.at("/components/messageTraits/cloudEvent/headers/properties")))
                .isEqualTo(written);
    }

    @Test
    void namesTheHeadersOfADeadLetter() {
        var thrown =
                catchThrowableOfType(UnreadableEventException.class, () -> CloudEvents.decode(Map.of(), new byte[0]));

        assertThat(names(document.at("/components/messages/unreadable/headers/properties")))
                .isEqualTo(thrown.deadLetterHeaders("t", 0, 0).keySet());
    }

    private static Map<String, String> settings(JsonNode configuration) {
        var settings = new HashMap<String, String>();
        configuration.properties().forEach(entry -> {
            var value = entry.getValue();
            settings.put(entry.getKey(), value.isArray() ? value.get(0).asText() : value.asText());
        });
        return settings;
    }

    private static List<String> references(JsonNode node, List<String> found) {
        node.properties().forEach(entry -> {
            if (entry.getKey().equals("$ref")) {
                found.add(entry.getValue().asText());
            }
        });
        node.forEach(child -> references(child, found));
        return found;
    }

    private static List<String> paths(String prefix, JsonNode object) {
        return names(object).stream().map(name -> prefix + name).toList();
    }

    private static Set<String> names(JsonNode object) {
        return object.properties().stream().map(Map.Entry::getKey).collect(Collectors.toSet());
    }
}
