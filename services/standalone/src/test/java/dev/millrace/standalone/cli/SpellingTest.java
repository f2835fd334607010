package dev.millrace.standalone.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.Json;
import dev.millrace.message.RefusedException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpellingTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a,x=0.5              | {\"x\":0.5}",
                "a,x=true,y=word      | {\"x\":true,\"y\":\"word\"}",
                "a,x=[1,2.5]          | {\"x\":[1,2.5]}",
                "a,x=[/head/*,/b[0]/*]| {\"x\":[\"/head/*\",\"/b[0]/*\"]}",
                "a,x=1,x=2            | {\"x\":[1,2]}",
                "a,x=\"1,2\"          | {\"x\":\"1,2\"}",
                "a,x=1.2.3            | {\"x\":\"1.2.3\"}",
                "a,x=                 | {\"x\":\"\"}",
                "a                    | {}",
            })
    void readsValuesAsWhatTheyLookLike(String argument, String json) {
        assertThat(values(argument, Map.of())).isEqualTo(Json.tree(json.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void readsValuesAsTheTypeOfTheirOption() {
        var types = Map.of("text", "string", "word", "u8|s8", "globs", "strings", "counts", "integers");

        assertThat(values("a,text=8,word=u8,globs=/x/*,counts=3", types))
                .isEqualTo(Json.tree("{\"text\":\"8\",\"word\":\"u8\",\"globs\":[\"/x/*\"],\"counts\":[3]}"
                        .getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void refusesWhatIsNoKeyAndValue() {
        assertThatThrownBy(() -> Spelling.parse("a,sparsity", "--stage"))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("'sparsity'")
                .hasMessageContaining("key=value");
    }

    private static JsonNode values(String argument, Map<String, String> types) {
        return Json.mapper().valueToTree(Spelling.parse(argument, "--stage").values(types));
    }
}
