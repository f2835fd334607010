package dev.millrace.it.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.message.CompressionCompleted;
import dev.millrace.message.Json;
import dev.millrace.message.LineageStep;
import dev.millrace.onnx.Model;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stages one after the other through the real flow, on the digits of the demo. */
class ChainIT {
    private static final String DIGITS = "/dev/millrace/standalone/demo/";
    private static final List<String> PRUNE = List.of("--stage", "pruning:structured,amount=0.75,recovery=none");
    private static final List<String> DISTILL = List.of("--stage", "distillation:distill,epochs=10");
    private static final List<String> QUANTIZE = List.of("--stage", "quantization:static-int8");

    @TempDir
    Path directory;

    @BeforeEach
    void unpackDigits() throws IOException {
        for (var name : List.of("digits.onnx", "digits-train.csv", "digits-test.csv")) {
            try (var file = Objects.requireNonNull(ChainIT.class.getResourceAsStream(DIGITS + name), name)) {
                Files.copy(file, directory.resolve(name));
            }
        }
    }

    @Test
    void whatPruningBreaksTheOriginalTeachesAgainBeforeQuantization() throws Exception {
        var mended = compress("mended", List.of(PRUNE, DISTILL, QUANTIZE));
        var broken = compress("broken", List.of(PRUNE, QUANTIZE));

        assertThat(mended.lineage())
                .extracting(LineageStep::stage)
                .containsExactly("pruning", "distillation", "quantization", "evaluation");
        assertThat(top1(broken)).isLessThan(0.6);
        assertThat(top1(mended)).isGreaterThan(0.95);
        assertThat(Objects.requireNonNull(mended.evaluation().result().macs()))
                .isLessThan(
                        Objects.requireNonNull(mended.evaluation().baseline().macs()) / 4);
        assertThat(Model.read(directory.resolve("mended/model.onnx")).nodes())
                .anyMatch(node -> node.is("DequantizeLinear"));
    }

    private CompressionCompleted compress(String out, List<List<String>> stages) throws Exception {
        var arguments = new ArrayList<>(List.of("compress", "digits.onnx", "--out", out, "--json"));
        stages.forEach(arguments::addAll);
        arguments.addAll(List.of("--data", "training=digits-train.csv", "--data", "calibration=digits-train.csv"));
        arguments.addAll(List.of("--data", "evaluation=digits-test.csv"));

        var result = new Cli(directory).run(arguments.toArray(String[]::new));

        assertThat(result.status()).as(result.err()).isZero();
        return Json.read(result.out().getBytes(StandardCharsets.UTF_8), CompressionCompleted.class);
    }

    private static double top1(CompressionCompleted report) {
        return Objects.requireNonNull(report.evaluation().result().metrics().get("top1"));
    }
}
