package dev.millrace.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.message.Measurements;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.stage.LocalData;
import dev.millrace.stage.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ComparisonTest {
    private static final Comparison.Settings QUICK = new Comparison.Settings(0.05, 1, 1, false, Compare.Packing.FAST);

    @TempDir
    Path directory;

    private Path scratch;

    @BeforeEach
    void makeScratchDirectory() throws IOException {
        scratch = Files.createDirectory(directory.resolve("scratch"));
    }

    @Test
    void measuresBothModelsOnLabelledData() throws IOException {
        var original = model("a.onnx", 1, 0, 0, 1);
        var pruned = model("b.onnx", 1, 0, 0, 0);
        // The original classifies all three rows rightly; without its last weight the second row is lost.
        var data = csv("2,1,0\n1,3,1\n4,2,0\n");
        var report = new Comparison(QUICK, scratch, (fraction, activity) -> {})
                .run(original, pruned, data, Optional.empty());
        var evaluation = report.evaluation();
        assertThat(evaluation.metric()).isEqualTo("top1");
        assertThat(evaluation.samples()).isEqualTo(3);
        assertThat(evaluation.baseline().metrics()).containsEntry("top1", 1.0);
        assertThat(evaluation.result().metrics().get("top1")).isCloseTo(2 / 3.0, within(1e-9));
        assertThat(evaluation.fidelity()).containsKeys("cosine", "relativeError", "top1Agreement");
        assertThat(evaluation.baseline().parameters()).isEqualTo(4);
        assertThat(evaluation.baseline().nonZeroParameters()).isEqualTo(2);
        assertThat(evaluation.result().nonZeroParameters()).isEqualTo(1);
        assertThat(evaluation.baseline().sizeBytes()).isEqualTo(Files.size(original));
        for (var side : List.of(evaluation.baseline(), evaluation.result())) {
            var latency = Objects.requireNonNull(side.latency());
            assertThat(latency.p50Millis()).isPositive().isLessThanOrEqualTo(latency.p99Millis());
            assertThat(latency.runs()).isGreaterThanOrEqualTo(3);
            assertThat(side.loadMillis()).isPositive();
            assertThat(side.peakMemoryBytes()).isGreaterThan(10_000_000L);
            assertThat(side.packedBytes()).isPositive().isLessThan(side.sizeBytes() + 200);
        }
        assertThat(scratch).isEmptyDirectory();
    }

    @Test
    void comparesOnMadeUpInputsWithoutData() throws IOException {
        var original = model("a.onnx", 1, 2, 3, 4);
        var report = new Comparison(QUICK, scratch, (fraction, activity) -> {})
                .run(original, model("b.onnx", 1, 2, 3, 4), Optional.empty(), Optional.empty());
        assertThat(report.evaluation().metric()).isNull();
        assertThat(report.evaluation().fidelity().get("cosine")).isCloseTo(1, within(1e-6));
        assertThat(report.notes())
                .anyMatch(note -> note.contains("made-up"))
                .anyMatch(note -> note.startsWith("Not smaller"));
    }

    /** Data with more rows than a fixed batch holds is fed row by row, not cut and not refused. */
    @Test
    void runsAllRowsThroughAModelOfBatchOne() throws IOException {
        var original = write(mean(Dimension.of(1)), "a.onnx");
        var report = new Comparison(
                        new Comparison.Settings(0.05, 8, 1, false, Compare.Packing.NONE),
                        scratch,
                        (fraction, activity) -> {})
                .run(original, original, csv("1,2\n3,4\n5,6\n7,8\n9,1\n2,3\n4,5\n6,7\n"), Optional.empty());
        assertThat(report.evaluation().samples()).isEqualTo(8);
        assertThat(report.evaluation().fidelity()).containsEntry("relativeError", 0.0);
        assertThat(Objects.requireNonNull(report.evaluation().result().latency())
                        .batch())
                .isEqualTo(1);
    }

    private static Model mean(Dimension batch) {
        var m = new ModelBuilder(17);
        m.input("x", DataType.FLOAT, batch, Dimension.of(2));
        m.node(Node.of("ReduceMean", "mean", List.of("x"), List.of("y")));
        m.output("y", DataType.FLOAT, Dimension.of(1), Dimension.of(1));
        return m.build();
    }

    @Test
    void timesOperatorsOnRequestAndReportsProgress() throws IOException {
        var fractions = new ArrayList<Double>();
        var settings = new Comparison.Settings(0.05, 2, 1, true, Compare.Packing.MODELLED);
        var original = model("a.onnx", 1, 2, 3, 4);
        var report = new Comparison(settings, scratch, (fraction, activity) -> fractions.add(fraction))
                .run(original, original, Optional.empty(), Optional.of("relativeError"));
        assertThat(report.operators()).containsOnlyKeys("baseline", "result");
        assertThat(Objects.requireNonNull(report.operators().get("result")))
                .extracting(OperatorTimes.Time::operator)
                .contains("MatMul");
        assertThat(report.evaluation().metric()).isEqualTo("relativeError");
        assertThat(report.evaluation().baseline().metrics()).containsEntry("relativeError", 0.0);
        assertThat(Objects.requireNonNull(report.evaluation().baseline().latency())
                        .batch())
                .isEqualTo(2);
        assertThat(fractions).isSorted().startsWith(0.0).endsWith(1.0);
    }

    @Test
    void refusesMetricsThatCannotBeTaken() throws IOException {
        var original = model("a.onnx", 1, 2, 3, 4);
        var comparison = new Comparison(QUICK, scratch, (fraction, activity) -> {});
        assertThatThrownBy(() -> comparison.run(original, original, csv("1,2\n"), Optional.of("top1")))
                .isInstanceOf(RefusedException.class)
                .hasMessageContainingAll("METRIC_NOT_MEASURABLE", "top1", "cosine");
        assertThatThrownBy(() -> comparison.run(original, original, csv("1,2\n"), Optional.of("beauty")))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("UNKNOWN_METRIC");
    }

    @Test
    void refusesModelsWithOtherInputs() throws IOException {
        var m = new ModelBuilder(17);
        m.input("other", DataType.FLOAT, Dimension.symbolic("batch"), Dimension.of(2));
        m.node(Node.of("Relu", "relu", List.of("other"), List.of("y")));
        m.output("y", DataType.FLOAT, Dimension.symbolic("batch"), Dimension.of(2));
        var other = write(m.build(), "other.onnx");
        var original = model("a.onnx", 1, 2, 3, 4);
        assertThatThrownBy(() -> new Comparison(QUICK, scratch, (fraction, activity) -> {})
                        .run(original, other, Optional.empty(), Optional.empty()))
                .isInstanceOf(RefusedException.class)
                .hasMessageContainingAll("MODELS_DIFFER", "'other'", "[x]");
    }

    @Test
    void saysThatAModelWasCompiledForAnotherMachine() throws IOException {
        var file = model("a.onnx", 1, 2, 3, 4);
        var compiled = Model.read(file);
        compiled.setMetadata(
                Target.KEY, new Target("phone", "aarch64", List.of("asimddp", "i8mm"), 4, "1.0.0").toJson());
        var elsewhere = scratch.resolveSibling("elsewhere.onnx");
        compiled.write(elsewhere);

        var report = new Comparison(QUICK, scratch, (fraction, activity) -> {})
                .run(file, elsewhere, Optional.empty(), Optional.empty());

        assertThat(report.notes())
                .anyMatch(note ->
                        note.startsWith("Compiled for phone (aarch64 asimddp i8mm, ONNX Runtime 1.0.0, 4 threads)")
                                && note.contains("no asimddp, i8mm"));
    }

    @Test
    void saysThatAModelIsSlowerAndNotSmaller() {
        var fast = new Measurements(
                Map.of(), 100, 90, 1, 1, null, null, new Measurements.Latency(1, 1, 1, 1, 9, 1, 1), null, null);
        var slow = new Measurements(
                Map.of(), 100, 40, 1, 1, null, null, new Measurements.Latency(1.3, 2, 2, 1, 9, 1, 1), null, null);
        var evaluation = new dev.millrace.message.Evaluation(null, fast, slow, Map.of("cosine", 0.5), 1);
        assertThat(Notes.about(evaluation, false))
                .containsExactly(
                        "The file is not smaller (1.00×), only when compressed: 0.44×.",
                        "Slower than the original: 1.30×, medians of 9 runs.",
                        "The outputs are far from the original's: cosine 0.500.");
    }

    /** {@code y = x · w}, {@code x (batch, 2)}, {@code w (2, 2)}. */
    private Path model(String name, float... weights) throws IOException {
        var m = new ModelBuilder(17);
        m.input("x", DataType.FLOAT, Dimension.symbolic("batch"), Dimension.of(2));
        m.initializer(Tensor.floats("w", weights, 2, 2));
        m.node(Node.of("MatMul", "matmul", List.of("x", "w"), List.of("y")));
        m.output("y", DataType.FLOAT, Dimension.symbolic("batch"), Dimension.of(2));
        return write(m.build(), name);
    }

    private Path write(Model model, String name) throws IOException {
        var file = directory.resolve(name);
        model.write(file);
        return file;
    }

    private Optional<LocalData> csv(String lines) throws IOException {
        return Optional.of(new LocalData(Files.writeString(directory.resolve("d.csv"), lines), null, Map.of()));
    }
}
