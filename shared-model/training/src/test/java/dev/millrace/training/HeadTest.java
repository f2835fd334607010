package dev.millrace.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.onnx.DataType;
import dev.millrace.onnx.ModelBuilder;
import java.util.List;
import org.junit.jupiter.api.Test;

class HeadTest {
    @Test
    void knowsOutputsThatFollowFromOthers() {
        var m = new ModelBuilder(17);
        m.input("x", DataType.FLOAT, 1, 4);
        m.input("scale", DataType.FLOAT, 1, 4);
        var tokens = m.node("MatMul", List.of("x", m.normal("w", 4, 4)));
        var pooled = m.node("Tanh", List.of(m.node("MatMul", List.of(tokens, m.normal("v", 4, 4)))));
        var scaled = m.node("Mul", List.of(tokens, "scale"));
        List.of(tokens, pooled, scaled).forEach(output -> m.output(output, DataType.FLOAT, 1, 4));

        var heads = Head.of(m.build());

        assertThat(heads).extracting(Head::output).containsExactly(tokens, pooled, scaled);
        assertThat(heads).extracting(Head::follows).containsExactly(false, true, false);
    }
}
