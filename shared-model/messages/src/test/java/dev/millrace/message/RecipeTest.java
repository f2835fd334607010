package dev.millrace.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecipeTest {
    private static final YAMLMapper YAML = new YAMLMapper();

    @Test
    void aYamlFileBecomesARequest() throws JsonProcessingException {
        var recipe = Recipe.read(yaml("""
                stages:
                  - {stage: pruning, technique: magnitude, options: {sparsity: 0.5}}
                  - {stage: quantization, technique: static}
                data:
                  calibration: {uri: calibration.npz}
                objective: {metric: top1, maxDrop: 0.01, minimise: latency}
                seed: 3
                """));

        assertThat(recipe.request(ArtifactReference.of("file:/a.onnx")))
                .isEqualTo(new CompressionRequested(
                        ArtifactReference.of("file:/a.onnx"),
                        Map.of("calibration", new DataReference("calibration.npz", null, Map.of())),
                        List.of(
                                new StageStep("pruning", "magnitude", Map.of("sparsity", DoubleNode.valueOf(0.5))),
                                new StageStep("quantization", "static", Map.of())),
                        null,
                        new Objective("top1", 0.01, Minimise.LATENCY),
                        3,
                        null,
                        null));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "stage: []                                       | UNKNOWN_FIELD | stage              | did you mean 'stages'?",
                "stages: [{stage: a, technique: b, optoins: {}}] | UNKNOWN_FIELD | stages[0].optoins  | did you mean 'options'?",
                "objective: {max_drop: 1}                        | UNKNOWN_FIELD | objective.max_drop | did you mean 'maxDrop'?",
                "data: {training: {url: x}}                      | UNKNOWN_FIELD | data.training.url  | did you mean 'uri'?",
                "stages: [{stage: a}]                            | MISSING_FIELD | stages[0].technique| a string",
                "stages: twice                                   | BAD_FIELD     | stages             | see the JSON Schema",
                "42                                              | BAD_FIELD     | JSON               | an object",
            })
    void aMistypedFieldIsRefusedWithTheNearestName(String text, String code, String where, String allowed)
            throws JsonProcessingException {
        var file = yaml(text);

        var problem = catchThrowableOfType(RefusedException.class, () -> Recipe.read(file))
                .problem();

        assertThat(problem.code()).isEqualTo(code);
        assertThat(problem.where()).isEqualTo(where);
        assertThat(problem.allowed()).startsWith(allowed);
    }

    private static JsonNode yaml(String text) throws JsonProcessingException {
        return YAML.readTree(text);
    }
}
