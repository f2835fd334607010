package dev.millrace.message;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every event type keeps: its JSON, its schema, and that the reader and the schema refuse the same. */
class EventContractTest {
    private static final Path SCHEMAS = Path.of("src/main/resources/dev/millrace/message/schema");
    private static final Path GOLDEN = Path.of("src/test/resources/dev/millrace/message/golden");

    private static RecordDocs docs;

    @BeforeAll
    static void readTheJavadoc() throws IOException {
        docs = RecordDocs.ofSources();
    }

    @ParameterizedTest
    @EnumSource
    void theCommittedSchemaIsTheRecord(EventType type) throws IOException {
        Committed.check(SCHEMAS.resolve(type.schemaFile()), schemaOf(type));
    }

    @Test
    void theCommittedRecipeSchemaIsTheRecord() throws IOException {
        var generated =
                new SchemaGenerator(docs, true).of(Recipe.class, "https://millrace.dev/schemas/recipe.schema.json");

        Committed.check(SCHEMAS.resolve("recipe.schema.json"), generated);
    }

    @ParameterizedTest
    @EnumSource
    void theGoldenJsonIsWhatIsWrittenAndReadBack(EventType type) throws IOException {
        var sample = Samples.of(type);
        var file = GOLDEN.resolve(type.schemaFile());

        Committed.check(file, Json.tree(Json.write(sample)));
        assertThat(Json.read(Files.readAllBytes(file), type.record())).isEqualTo(sample);
    }

    @ParameterizedTest
    @EnumSource
    void theSampleSetsEveryField(EventType type) {
        var written = Json.tree(Json.write(Samples.of(type)));

        assertThat(names(written)).containsAll(names(schemaOf(type).path("properties")));
        assertThat(written.properties())
                .filteredOn(field -> field.getValue().isContainerNode())
                .allSatisfy(field -> assertThat(field.getValue().size()).isPositive());
    }

    @ParameterizedTest
    @EnumSource
    void readerAndSchemaAcceptTheSample(EventType type) {
        assertThat(validator(type).validate(Json.tree(Json.write(Samples.of(type)))))
                .isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void readerAndSchemaAgreeWhicheverFieldIsMissing(EventType type) {
        var validator = validator(type);
        var sample = Json.tree(Json.write(Samples.of(type)));
        var fields = fields(sample, new ArrayList<>());

        assertThat(fields).isNotEmpty();
        for (var field : fields) {
            var value = field.owner().remove(field.name());
            assertThat(isReadable(sample, type))
                    .as("%s without %s", type.type(), field.name())
                    .isEqualTo(validator.validate(sample).isEmpty());
            field.owner().set(field.name(), value);
        }
    }

    @ParameterizedTest
    @EnumSource
    void unknownFieldsAreIgnoredEverywhere(EventType type) {
        var tree = Json.tree(Json.write(Samples.of(type)));
        fields(tree, new ArrayList<>()).forEach(field -> {
            if (isRecordLike(field.owner())) {
                field.owner().put("addedInTheFuture", 1);
            }
        });

        assertThat(Json.read(tree, type.record())).isEqualTo(Samples.of(type));
        assertThat(validator(type).validate(tree)).isEmpty();
    }

    @Test
    void theCaseOfALetterMakesAnotherField() {
        var tree = (ObjectNode) Json.tree(Json.write(new TaskCancelled("job-1", "job-1/0")));
        tree.set("JobId", tree.remove("jobId"));

        assertThat(isReadable(tree, EventType.TASK_CANCELLED)).isFalse();
    }

    private static boolean isReadable(JsonNode tree, EventType type) {
        try {
            return type.record().isInstance(Json.read(tree, type.record()));
        } catch (RefusedException e) {
            return false;
        }
    }

    private static ObjectNode schemaOf(EventType type) {
        return new SchemaGenerator(docs, false).of(type.record(), type.dataSchema());
    }

    private static JsonSchema validator(EventType type) {
        return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(schemaOf(type));
    }

    private static List<String> names(JsonNode object) {
        var names = new ArrayList<String>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    private record Field(ObjectNode owner, String name) {}

    /** Every field at every depth. */
    private static List<Field> fields(JsonNode tree, List<Field> found) {
        if (tree instanceof ObjectNode object) {
            names(object).forEach(name -> found.add(new Field(object, name)));
        }
        tree.forEach(child -> fields(child, found));
        return found;
    }

    /** Maps of free names must not get the extra field: there it would be an entry. */
    private static boolean isRecordLike(ObjectNode object) {
        return object.has("jobId")
                || object.has("uri")
                || object.has("stage")
                || object.has("code")
                || object.has("p50Millis");
    }
}
