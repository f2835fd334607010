package dev.millrace.nas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.engine.torch.ScriptModule;
import dev.millrace.message.Json;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.script.ScriptOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SequenceSpaceTest {
    @TempDir
    Path directory;

    /** A table of 50 words, the mean of the words, three classes. */
    private static Model words() {
        var m = new ModelBuilder(17);
        var batch = Dimension.symbolic("batch");
        var time = Dimension.symbolic("time");
        var ids = m.input("input_ids", DataType.INT64, batch, time);
        m.input("attention_mask", DataType.INT64, batch, time);
        var mean = m.node(
                "ReduceMean",
                List.of(m.node("Gather", List.of(m.normal("table", 50, 8), ids))),
                dev.millrace.onnx.Attribute.ints("axes", 1),
                dev.millrace.onnx.Attribute.of("keepdims", 0));
        m.output(m.node("MatMul", List.of(mean, m.normal("head", 8, 3))), DataType.FLOAT, batch, Dimension.of(3));
        return m.build();
    }

    private static Map<String, JsonNode> values(String json) throws IOException {
        var values = new HashMap<String, JsonNode>();
        Json.mapper().readTree(json).properties().forEach(entry -> values.put(entry.getKey(), entry.getValue()));
        return values;
    }

    private static Value tokens(long... numbers) {
        var bytes = ByteBuffer.allocateDirect(8 * numbers.length).order(ByteOrder.nativeOrder());
        bytes.asLongBuffer().put(numbers);
        return Value.of(DataType.INT64, new long[] {1, numbers.length}, bytes);
    }

    @Test
    void buildsEncodersThatLeaveOutWhatTheMaskSays() throws IOException {
        var space = new SequenceSpace(
                Json.mapper()
                        .readTree("{\"layers\": [1, 2], \"width\": 16, \"heads\": [1, 2], \"perStage\": [\"heads\"]}"),
                words());
        var model = space.build(space.settle(values("{\"layers\": 2, \"heads.1\": 1, \"heads.2\": 2}")), 1);
        var file = directory.resolve("candidate.onnx");
        model.write(file);
        var three = Map.of("input_ids", tokens(4, 9, 3), "attention_mask", tokens(1, 1, 1));
        var padded = Map.of("input_ids", tokens(4, 9, 3, 0, 0), "attention_mask", tokens(1, 1, 1, 0, 0));

        try (var session = OrtSession.open(file, SessionSettings.threads(1));
                var plain = session.run(three);
                var filled = session.run(padded);
                var module = ScriptModule.open(model, ScriptOptions.training(), directory, 1);
                var trained = module.run(padded)) {
            var name = session.outputs().get(0).name();
            for (int i = 0; i < 3; i++) {
                double expected = plain.get(name).number(i);
                assertThat(filled.get(name).number(i)).isCloseTo(expected, org.assertj.core.data.Offset.offset(1e-4));
                assertThat(trained.get(name).number(i)).isCloseTo(expected, org.assertj.core.data.Offset.offset(1e-4));
            }
        }
    }

    @Test
    void refusesAModelThatTakesNoTokens() {
        assertThatThrownBy(
                        () -> new SequenceSpace(Json.mapper().readTree("{\"layers\": [1, 2]}"), TestTask.classifier()))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("SPACE_MISFIT")
                .hasMessageContaining("int64");
    }
}
