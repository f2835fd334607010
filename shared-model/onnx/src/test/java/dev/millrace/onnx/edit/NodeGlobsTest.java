package dev.millrace.onnx.edit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.fixture.TinyModels;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NodeGlobsTest {
    private static final Model CNN = TinyModels.cnn();

    @ParameterizedTest
    @CsvSource(textBlock = """
            conv1,       conv1
            conv?,       conv1 conv2
            Conv,        conv1 conv2
            *onv*,       conv1 conv2
            fc.weight,   fc
            *.bias,      bn conv2 fc
            relu1 Gemm,  relu1 fc
            """)
    void choosesByNameOperatorTypeAndNameOfAConstant(String globs, String nodes) {
        assertThat(chosen(globs.split(" "))).isEqualTo(nodes);
    }

    @Test
    void takesEveryOtherCharacterAsItIs() {
        var unnamed = Node.of("Relu", "", List.of("x"), List.of("a.b[0]"));
        assertThat(NodeGlobs.name(unnamed)).isEqualTo("a.b[0]");
        var model = TinyModels.mlp();
        model.graph().add(unnamed);
        assertThat(NodeGlobs.of("ignored", List.of("a.b[0]"), model).contains(unnamed))
                .isTrue();
        assertThat(refusal("a.b0", model)).isNotNull();
    }

    @Test
    void choosesNodesInBranches() {
        var globs = NodeGlobs.of("ignored", List.of("then.*"), TinyModels.branches());
        assertThat(TinyModels.branches().nodes().filter(globs::contains).map(NodeGlobs::name))
                .containsExactly("then.matmul");
    }

    @Test
    void choosesNothingWithoutPatterns() {
        assertThat(chosen()).isEmpty();
    }

    @Test
    void refusesAPatternThatMatchesNothingAndNamesTheNearest() {
        var problem = refusal("cnv2", CNN).problem();
        assertThat(problem.code()).isEqualTo("NOTHING_MATCHES");
        assertThat(problem.where()).isEqualTo("option ignored");
        assertThat(problem.found()).isEqualTo("'cnv2'");
        assertThat(problem.allowed()).contains("did you mean 'conv2'?");
    }

    private static String chosen(String... globs) {
        var nodes = NodeGlobs.of("ignored", Arrays.asList(globs), CNN);
        return String.join(
                " ", CNN.nodes().filter(nodes::contains).map(NodeGlobs::name).toList());
    }

    private static RefusedException refusal(String glob, Model model) {
        return catchThrowableOfType(
                RefusedException.class, () -> NodeGlobs.of("ignored", List.of("Gemm", glob), model));
    }
}
