package dev.millrace.it.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.message.CompressionCompleted;
import dev.millrace.message.Json;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands that start everything themselves. */
class CompressIT {
    private static final long REFUSAL_MILLIS = 20_000; // of a cold JVM on a busy machine; nothing is started

    @TempDir
    Path directory;

    private Cli cli;

    @BeforeEach
    void makeModel() throws Exception {
        cli = new Cli(directory);
        model().write(directory.resolve("tiny.onnx"));
    }

    static Model model() {
        var model = new ModelBuilder(17);
        var x = model.input("x", DataType.FLOAT, 1, 64);
        var hidden = model.node("Relu", List.of(model.node("MatMul", List.of(x, model.normal("w1", 64, 64)))));
        model.output(model.node("MatMul", List.of(hidden, model.normal("w2", 64, 8))), DataType.FLOAT, 1, 8);
        return model.build();
    }

    @Test
    void theDemoPrunesQuantizesAndMeasures() throws Exception {
        var demo = cli.run("demo", "--out", "demo");

        assertThat(demo.status()).as(demo.err() + demo.out()).isZero();
        assertThat(demo.out()).contains("top1", "latency p50", "compressed");
        var report = Json.read(Files.readAllBytes(directory.resolve("demo/report.json")), CompressionCompleted.class);
        assertThat(report.objectiveMet()).isTrue();
        assertThat(report.lineage()).hasSizeGreaterThanOrEqualTo(3);
        assertThat(report.evaluation().result().metrics().get("top1")).isGreaterThan(0.97);
        assertThat(Files.size(directory.resolve("demo/model.onnx")))
                .isLessThan(Files.size(directory.resolve("demo/digits.onnx")) / 2);
        assertThat(Model.read(directory.resolve("demo/model.onnx")).nodes()).isNotEmpty();
    }

    @Test
    void anObjectiveThatCannotBeMetIsStatusThreeWithTheBestSoFar() throws Exception {
        var result = cli.run(
                "compress",
                "tiny.onnx",
                "--out",
                "out",
                "--stage",
                "pruning:magnitude,sparsity=0.9",
                "--metric",
                "cosine",
                "--max-drop",
                "0.000001",
                "--json");

        assertThat(result.status()).as(result.err()).isEqualTo(3);
        var report = Json.read(result.out().getBytes(StandardCharsets.UTF_8), CompressionCompleted.class);
        assertThat(report.objectiveMet()).isFalse();
        assertThat(report.notes()).anyMatch(note -> note.contains("Objective not met"));
        assertThat(directory.resolve("out/model.onnx")).isRegularFile();
    }

    @Test
    void anUnknownTechniqueIsRefusedWithTheNearestBeforeAnythingStarts() throws Exception {
        var result = cli.run("compress", "tiny.onnx", "--out", "out", "--stage", "pruning:magnitud,sparsity=0.5");

        assertThat(result.status()).isEqualTo(2);
        assertThat(result.err()).contains("UNKNOWN_TECHNIQUE", "did you mean 'magnitude'?");
        assertThat(result.millis()).isLessThan(REFUSAL_MILLIS);
        assertThat(directory.resolve("home/runs")).doesNotExist();
    }

    @Test
    void anUnknownOptionIsRefusedWithTheKnownOnes() throws Exception {
        var result = cli.run("compress", "tiny.onnx", "--out", "out", "--stage", "pruning:magnitude,sparsty=0.5");

        assertThat(result.status()).isEqualTo(2);
        assertThat(result.err()).contains("UNKNOWN_OPTION", "did you mean 'sparsity'?");
    }

    @Test
    void aSearchThatCouldMeasureNothingIsRefusedBeforeAnythingStarts() throws Exception {
        var noData = cli.run("compress", "tiny.onnx", "--out", "out", "--max-drop", "0.01", "--minimise", "bytes");
        var noTrials = cli.run("compress", "tiny.onnx", "--out", "out", "--metric", "cosine", "--budget", "trials=0");

        assertThat(noData.status()).isEqualTo(2);
        assertThat(noData.err()).contains("MISSING_DATA", "data.evaluation", "absent", "a search compares recipes");
        assertThat(noData.millis()).isLessThan(REFUSAL_MILLIS);
        assertThat(noTrials.status()).isEqualTo(2);
        assertThat(noTrials.err()).contains("BAD_BUDGET", "auto.trials");
    }

    @Test
    void aMissingFileIsRefusedByName() throws Exception {
        var noModel = cli.run("compress", "none.onnx", "--out", "out", "--stage", "pruning:magnitude,sparsity=0.5");
        var noData = cli.run(
                "compress",
                "tiny.onnx",
                "--out",
                "out",
                "--stage",
                "pruning:magnitude,sparsity=0.5",
                "--data",
                "evaluation=none.npz");

        assertThat(noModel.status()).isEqualTo(2);
        assertThat(noModel.err()).contains("NOT_FOUND", "none.onnx");
        assertThat(noData.status()).isEqualTo(2);
        assertThat(noData.err()).contains("NOT_FOUND", "none.npz");
    }

    @Test
    void whatRunsIsListedElsewhereAndEndsAtOnceWithItsChildrenWhenStopped() throws Exception {
        var command = cli.command(
                        "compress",
                        "tiny.onnx",
                        "--out",
                        "out",
                        "--stage",
                        "pruning:magnitude,sparsity=0.5",
                        "--stage",
                        "evaluation:compare,seconds=600")
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile())
                .start();
        try {
            Waiting.until(() -> Waiting.line(directory.resolve("log"), "2 evaluation:compare"));
            var children = command.descendants().toList();
            assertThat(children).isNotEmpty();
            assertThat(cli.run("status").out()).contains("running");

            command.destroy();

            assertThat(command.waitFor(10, TimeUnit.SECONDS)).isTrue();
            for (var child : children) {
                child.onExit().get(10, TimeUnit.SECONDS);
            }
            assertThat(directory.resolve("home/runs")).isEmptyDirectory();
        } finally {
            command.destroyForcibly();
        }
    }

    @Test
    void aDataDirectoryThatCannotBeOneIsNamed() throws Exception {
        Files.writeString(directory.resolve("file"), "no directory");

        var result = cli.run(
                "compress",
                "tiny.onnx",
                "--out",
                "out",
                "--stage",
                "pruning:magnitude,sparsity=0.5",
                "--data-dir",
                "file");

        assertThat(result.status()).isEqualTo(1);
        assertThat(result.err())
                .contains("millrace: ", directory.resolve("file").toString());
        assertThat(result.err()).doesNotContain("\tat ");
    }

    @Test
    void aWrongCommandLineIsStatusTwoWithTheUsage() throws Exception {
        var result = cli.run("compress", "tiny.onnx", "--out", "out");

        assertThat(result.status()).isEqualTo(2);
        assertThat(result.err()).contains("--recipe", "--stage", "Usage: millrace compress");
    }

    @Test
    void inspectShowsOperatorsAndParameters() throws Exception {
        var result = cli.run("inspect", "tiny.onnx");

        assertThat(result.status()).isZero();
        assertThat(result.out()).containsPattern("MatMul\\s+2").contains("4,608", "Millrace takes this model");
    }
}
