package dev.millrace.onnx.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Node;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class OpsTest {
    @Test
    void findsTheFormOfTheOpset() {
        var softmax = Node.of("Softmax", "s", List.of("x"), List.of("y"));

        assertThat(Ops.of(softmax, 12)).isEqualTo(Activation.SOFTMAX_1);
        assertThat(Ops.of(softmax, 13)).isEqualTo(Activation.SOFTMAX);
        assertThat(Ops.of(softmax.withDomain("ai.onnx"), 24)).isEqualTo(Activation.SOFTMAX);
    }

    @Test
    void keepsDomainsApart() {
        var gelu = Node.of("Gelu", "g", List.of("x"), List.of("y"));

        assertThat(Ops.of(gelu, 20)).isEqualTo(Activation.GELU);
        assertThat(Ops.of(gelu.withDomain(Form.MICROSOFT), 1)).isEqualTo(Microsoft.GELU);
    }

    @Test
    void refusesAnUnknownOperatorByNodeAndNearestName() {
        var node = Node.of("BatchNormalisation", "layer1.bn", List.of("x"), List.of("y"));

        assertThatThrownBy(() -> Ops.of(node, 17))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("OPERATOR_UNSUPPORTED")
                .hasMessageContaining("layer1.bn")
                .hasMessageContaining("nearest: BatchNormalization");
    }

    @Test
    void hasOneFormForEachOpset() {
        for (long opset = 1; opset <= 24; opset++) {
            long version = opset;
            var forms = Ops.all().stream()
                    .filter(op -> op.form().covers(version))
                    .collect(Collectors.groupingBy(op -> op.domain() + "." + op.type(), Collectors.counting()));

            assertThat(forms)
                    .allSatisfy((name, count) -> assertThat(count).as(name).isEqualTo(1));
        }
    }

    /** libtorch compiles what is called: a misspelled name would only show when a model has the operator. */
    @Test
    void callsOnlyFunctionsOfThePrelude() {
        var calls = Pattern.compile("__torch__\\.op\\.(\\w+)").matcher(Prelude.source());

        assertThat(calls.results().map(call -> call.group(1)))
                .isNotEmpty()
                .allSatisfy(name -> assertThat(Prelude.source()).contains("def " + name + "("));
    }
}
