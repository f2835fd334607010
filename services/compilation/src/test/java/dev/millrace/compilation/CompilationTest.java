package dev.millrace.compilation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.engine.OrtSession;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.fixture.TinyModels;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Target;
import dev.millrace.stage.fixture.LocalTask;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompilationTest {
    @TempDir
    private Path directory;

    @Test
    void leavesNothingOfWhatAnExporterWroteButTheLayers() throws IOException {
        var task = task(cluttered());

        var result = task.run(new Portable(), "{}");

        assertThat(operators(result)).containsExactlyInAnyOrder("Conv", "Conv", "Relu", "Add");
        assertThat(difference(result)).isLessThan(1e-5);
    }

    @Test
    void foldsNothingIntoLayersWhenAskedNotTo() throws IOException {
        var result = task(cluttered()).run(new Portable(), "{\"fuse\": false}");

        assertThat(operators(result)).contains("BatchNormalization", "Mul").doesNotContain("Identity", "Slice");
        assertThat(difference(result)).isLessThan(1e-6);
    }

    @Test
    void saysWhenFoldingIntoLayersMovesTheAnswersTooFar() throws IOException {
        var result = task(cluttered()).run(new Portable(), "{\"tolerance\": 0}");

        assertThat(operators(result)).contains("BatchNormalization");
        assertThat(Objects.requireNonNull(result.report().get("notes")).get(0).textValue())
                .startsWith("Folding into layers moves an output by");
    }

    @Test
    void answersAsBeforeOnEveryTinyModel() throws IOException {
        for (var model : List.of(TinyModels.mlp(), TinyModels.branches())) {
            assertThat(difference(task(model).run(new Portable(), "{}"))).isLessThan(1e-5);
            assertThat(difference(task(model).run(new OptimizedGraph(), "{}"))).isLessThan(1e-5);
        }
    }

    @Test
    void writesTheGraphThatOnnxRuntimeRuns() throws IOException {
        var result = task(cluttered()).run(new OptimizedGraph(), "{\"level\": \"extended\"}");

        assertThat(operators(result))
                .doesNotContain("BatchNormalization", "Identity")
                .hasSizeLessThan(6);
        assertThat(Objects.requireNonNull(result.report().get("loadMillis"))
                        .get("after")
                        .doubleValue())
                .isPositive();
    }

    @Test
    void recordsTheTargetInTheModel() throws IOException {
        var result = task(cluttered()).run(new OptimizedGraph(), "{\"target\": \"edge-box\"}");

        var written = Model.read(Objects.requireNonNull(result.model()));
        var target = Target.in(written.metadata()).orElseThrow();
        assertThat(target.name()).isEqualTo("edge-box");
        assertThat(target.runtime()).isEqualTo(OrtSession.version());
        assertThat(target.differencesOn(Target.here("other", 1, OrtSession.version())))
                .isEmpty();
        assertThat(difference(result)).isLessThan(1e-5);
    }

    @Test
    void isMadeForTheTargetOfTheRequest() throws IOException {
        var result = task(cluttered()).target("edge-box").run(new OptimizedGraph(), "{}");

        var written = Model.read(Objects.requireNonNull(result.model()));
        assertThat(Target.in(written.metadata()).orElseThrow().name()).isEqualTo("edge-box");
        assertThat(Objects.requireNonNull(result.report().get("target"))
                        .get("name")
                        .textValue())
                .isEqualTo("edge-box");
    }

    @Test
    void refusesATargetThatItCannotBeMadeFor() throws IOException {
        var elsewhere = System.getProperty("os.arch").equals("aarch64") ? "x86-64-vnni" : "arm64-phone";

        for (var task : List.of(task(cluttered()).target("edge-box"), task(cluttered()))) {
            assertThatThrownBy(() -> task.run(new OptimizedGraph(), "{\"target\": \"" + elsewhere + "\"}"))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining(elsewhere);
        }
    }

    @Test
    void writesTheSameInOrtFormatBesideIt() throws IOException {
        for (var level : List.of("basic", "extended", "all")) {
            var result = task(cluttered()).run(new OptimizedGraph(), "{\"ort\": \"" + level + "\"}");

            assertThat(result.external()).containsExactly("model.ort");
            var ort = Objects.requireNonNull(result.model()).resolveSibling("model.ort");
            assertThat(new String(Files.readAllBytes(ort), 4, 4, StandardCharsets.US_ASCII))
                    .isEqualTo("ORTM");
            var told = Objects.requireNonNull(result.report().get("ort"));
            assertThat(told.get("sizeBytes").longValue()).isEqualTo(Files.size(ort));
            assertThat(told.get("largestDifference").doubleValue()).isLessThan(1e-5);
        }
    }

    @Test
    void aFileInOrtFormatThatAnswersOtherwiseIsNotKept() throws IOException {
        var result = task(cluttered()).run(new OptimizedGraph(), "{\"ort\": \"all\", \"tolerance\": 0}");

        assertThat(result.external()).isEmpty();
        assertThat(Objects.requireNonNull(result.report().get("notes")).toString())
                .contains("model.ort moves an output by", "it was not kept");
    }

    /** Two Convs, and what comes of exporting them carelessly. */
    private static Model cluttered() {
        var m = new ModelBuilder(17);
        var x = m.input("x", DataType.FLOAT, 1, 4, 8, 8);
        var copied = m.node("Identity", List.of(x));
        var half = m.node(
                "Slice",
                List.of(m.normal("both", 8, 4, 3, 3), m.longs("from", 4), m.longs("to", 8), m.longs("axis", 0)));
        var conv = m.node("Conv", List.of(copied, half), Attribute.ints("pads", 1, 1, 1, 1));
        var normal = m.node(
                "BatchNormalization",
                List.of(
                        conv,
                        m.initializer(Tensor.floats("gamma", new float[] {1, 2, 3, 4}, 4)),
                        m.initializer(Tensor.floats("beta", new float[] {4, 3, 2, 1}, 4)),
                        m.initializer(Tensor.floats("mean", new float[] {0, 1, 0, 1}, 4)),
                        m.initializer(Tensor.floats("variance", new float[] {1, 2, 1, 2}, 4))));
        var relu = m.node("Relu", List.of(normal));
        var there = m.node("Transpose", List.of(relu), Attribute.ints("perm", 0, 2, 3, 1));
        var back = m.node("Transpose", List.of(there), Attribute.ints("perm", 0, 3, 1, 2));
        var second = m.node("Conv", List.of(back, m.normal("w", 4, 4, 1, 1)));
        var scaled = m.node("Mul", List.of(second, m.initializer(Tensor.floats("two", new float[] {2}))));
        var y = m.node("Add", List.of(scaled, x));
        m.output(y, DataType.FLOAT, 1, 4, 8, 8);
        return m.build();
    }

    private LocalTask task(Model model) throws IOException {
        var file = directory.resolve("original.onnx");
        model.write(file);
        return new LocalTask(directory, file);
    }

    private static List<String> operators(StageResult result) throws IOException {
        return Model.read(Objects.requireNonNull(result.model()))
                .nodes()
                .map(Node::opType)
                .toList();
    }

    private static double difference(StageResult result) {
        return Objects.requireNonNull(result.report().get("largestDifference")).doubleValue();
    }
}
