package dev.millrace.nas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.message.Choice;
import dev.millrace.message.Json;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DerivedSpaceTest {
    private static final String SPACE = "\"space\": {\"kind\": \"derived\", \"width\": [0.5, 1], \"multipleOf\": 2}";

    @TempDir
    Path directory;

    /** Two convolutions with a residual branch of two more between them. */
    private static Model residual() {
        var m = new ModelBuilder(17);
        var batch = Dimension.symbolic("batch");
        var side = Dimension.of(TestTask.SIDE);
        var pads = Attribute.ints("pads", 1, 1, 1, 1);
        var x = m.input("image", DataType.FLOAT, batch, Dimension.of(1), side, side);
        var stem = m.node("Relu", List.of(m.node("Conv", List.of(x, m.normal("stem", 8, 1, 3, 3)), pads)));
        var inner = m.node("Relu", List.of(m.node("Conv", List.of(stem, m.normal("inner", 12, 8, 3, 3)), pads)));
        var branch = m.node("Conv", List.of(inner, m.normal("outer", 8, 12, 3, 3)), pads);
        var sum = m.node("Relu", List.of(m.node("Add", List.of(stem, branch))));
        var pooled = m.node("Flatten", List.of(m.node("GlobalAveragePool", List.of(sum))));
        var logits = m.node("MatMul", List.of(pooled, m.normal("head", 8, TestTask.CLASSES)));
        m.output(logits, DataType.FLOAT, batch, Dimension.of(TestTask.CLASSES));
        return m.build();
    }

    private TestTask task() throws IOException {
        return new TestTask(directory, residual()).images("training", 120, 1).images("validation", 60, 2);
    }

    @Test
    void offersTheWidthOfEachGroupAndEachBranch() throws IOException {
        var plan = Objects.requireNonNull(
                task().run(new Search(), "{" + SPACE + "}").search());

        assertThat(plan.choices())
                .extracting(Choice::name, choice -> choice.values().toString())
                .containsExactlyInAnyOrder(
                        org.assertj.core.groups.Tuple.tuple("width.1", "[4, 8]"),
                        org.assertj.core.groups.Tuple.tuple("width.2", "[6, 12]"),
                        org.assertj.core.groups.Tuple.tuple("branch.1", "[false, true]"));
    }

    @Test
    void inheritsTheChannelsThatAreWorthMost() throws IOException {
        var model = residual();
        var stem = model.graph().initializer("stem").orElseThrow().floats();
        for (int i = 0; i < 9; i++) {
            stem[i] = 0; // channel 0
        }
        var task = new TestTask(directory, model).images("training", 120, 1);
        var space = Spaces.read(Json.mapper().readTree("{" + SPACE + "}").get("space"), task);

        var whole = space.build(space.settle(values("8", "12", "true")), 1);
        var candidate = space.build(space.settle(values("4", "6", "true")), 1);

        assertThat(candidate.graph().initializer("stem").orElseThrow().dims()).containsExactly(4, 1, 3, 3);
        assertThat(candidate.graph().initializer("inner").orElseThrow().dims()).containsExactly(6, 4, 3, 3);
        assertThat(whole.graph().initializer("stem").orElseThrow().floats())
                .containsSubsequence(
                        candidate.graph().initializer("stem").orElseThrow().floats());
    }

    private static java.util.Map<String, com.fasterxml.jackson.databind.JsonNode> values(
            String first, String second, String branch) throws IOException {
        var json = "{\"width.1\": %s, \"width.2\": %s, \"branch.1\": %s}".formatted(first, second, branch);
        var values = new java.util.HashMap<String, com.fasterxml.jackson.databind.JsonNode>();
        Json.mapper().readTree(json).properties().forEach(entry -> values.put(entry.getKey(), entry.getValue()));
        return values;
    }

    @Test
    void trainsACandidateWithoutABranchByTheModelItComesFrom() throws IOException {
        var values = "\"values\": {\"width.1\": 4, \"width.2\": 12, \"branch.1\": false}";

        var result = task().run(new Trial(), "{" + SPACE + ", " + values + ", \"epochs\": 1, \"latency\": \"none\"}");

        var model = Model.read(Objects.requireNonNull(result.model()));
        assertThat(model.graph().initializers())
                .extracting(tensor -> tensor.name())
                .containsExactlyInAnyOrder("stem", "head");
        assertThat(Objects.requireNonNull(result.report().get("training"))
                        .path("losses")
                        .toString())
                .contains("SoftTargets");
        assertThat(result.figures()).containsKey("top1");
    }

    @Test
    void refusesAModelOfWhichNothingCanGo() throws IOException {
        var m = new ModelBuilder(17);
        var x = m.input("image", DataType.FLOAT, 1, 1, TestTask.SIDE, TestTask.SIDE);
        m.output(m.node("Flatten", List.of(m.node("GlobalAveragePool", List.of(x)))), DataType.FLOAT, 1, 1);
        var task = new TestTask(directory, m.build()).images("training", 60, 1);

        assertThatThrownBy(() -> task.run(new Search(), "{" + SPACE + "}"))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("SPACE_MISFIT");
    }
}
