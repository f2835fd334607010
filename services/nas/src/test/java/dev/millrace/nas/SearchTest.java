package dev.millrace.nas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.Choice;
import dev.millrace.message.Goal;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.fixture.TinyModels;
import dev.millrace.stage.OptionBinder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SearchTest {
    private static final String SPACE =
            "\"space\": {\"kind\": \"images\", \"stages\": [1, 2], \"stemWidth\": [4, 8], \"depth\": [1, 2],"
                    + " \"perStage\": [\"depth\"], \"block\": [\"conv\", \"inverted\"], \"expansion\": [2, 3]}";

    @TempDir
    Path directory;

    private TestTask task() throws IOException {
        return new TestTask(directory).images("training", 60, 1);
    }

    @Test
    void opensASearchWhoseTrialsKnowEverything() throws IOException {
        var result = task().run(
                        new Search(),
                        "{" + SPACE + ", \"trials\": 9, \"strategy\": \"tpe\", \"epochs\": 3, \"latency\": \"none\","
                                + " \"constraints\": {\"parameters\": 5000}}");

        var plan = Objects.requireNonNull(result.search());
        assertThat(plan.choices())
                .extracting(Choice::name)
                .containsExactly("stages", "stemWidth", "depth.1", "depth.2", "block", "expansion");
        assertThat(plan.choices().get(3).onlyIf()).hasToString("Condition[choice=stages, values=[2]]");
        assertThat(plan.choices().get(5).onlyIf()).hasToString("Condition[choice=block, values=[\"inverted\"]]");
        assertThat(plan.goals())
                .containsExactly(
                        new Goal("top1", true, null),
                        new Goal("macs", false, null),
                        new Goal("parameters", false, 5000.0));
        assertThat(plan.strategy()).isEqualTo("tpe");
        var trial = OptionBinder.bind(
                "nas:trial",
                Trial.Options.class,
                with(Objects.requireNonNull(plan.trial()).options()));
        assertThat(OptionBinder.spelled(trial.learning()).get("epochs")).hasToString("3.0");
    }

    private static Map<String, JsonNode> with(Map<String, JsonNode> options) {
        var all = new HashMap<>(options);
        all.put("values", com.fasterxml.jackson.databind.node.JsonNodeFactory.instance.objectNode());
        return all;
    }

    @Test
    void readsASpaceFromAFile() throws IOException {
        var file = Files.writeString(
                directory.resolve("space.yaml"), "kind: images\nstages: 2\nstemWidth: [4, 8] # narrow\n");

        var result = task().run(new Search(), "{\"space\": \"" + file + "\"}");

        assertThat(Objects.requireNonNull(result.search()).choices()).hasSize(1);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(delimiter = '|', textBlock = """
                    UNKNOWN_SPACE  | "space": "imagse"                                            | images
                    BAD_SPACE      | "space": {"kind": "pictures"}                                | images
                    UNKNOWN_KNOB   | "space": {"kind": "images", "kernels": [3, 5]}               | kernel
                    UNKNOWN_KNOB   | "space": {"kind": "images", "perStage": ["stemWidth"]}       | depth
                    BAD_KNOB       | "space": {"kind": "images", "kernel": [3, 4]}                | 1, 3, 5
                    BAD_KNOB       | "space": {"kind": "images", "depth": [1, 1]}                 | none twice
                    BAD_KNOB       | "space": {"kind": "images", "stages": [3, 5]}                | at most 3
                    SPACE_CLOSED   | "space": {"kind": "images"}                                  | at least one knob
                    SPACE_EMPTY    | "constraints": {"macs": 10}                     | macs
                    NOT_MEASURED   | "objectives": ["f2"]                                         | f1
                    NOT_MEASURED   | "objectives": ["latencyMillis"], "latency": "none"           | macs
                    UNKNOWN_COST   | "constraints": {"flops": 10}                                 | macs
                    BAD_OPTION     | "trials": 0                                                  | trials ≥ 1
                    BAD_OPTION     | "seconds": 0                                                 | seconds ≥ 1
                    BAD_OPTION     | "objectives": []                                             | metric
                    """)
    void refusesWhatCannotBeSearched(String code, String options, String allowed) throws IOException {
        var task = task();
        var all = (options.contains("space") ? "{" : "{" + SPACE + ",") + options + "}";

        assertThatThrownBy(() -> task.run(new Search(), all))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining(code)
                .hasMessageContaining(allowed);
    }

    @Test
    void refusesASpaceOfImagesForAModelOfRows() throws IOException {
        var task = new TestTask(directory, TinyModels.mlp()).images("training", 60, 1);

        assertThatThrownBy(() -> task.run(new Search(), "{" + SPACE + "}"))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("SPACE_MISFIT")
                .hasMessageContaining("height");
    }
}
