package dev.millrace.it.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.message.LineageStep;
import dev.millrace.onnx.Model;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stages one after the other through the real flow, on the digits of the demo. */
class ChainIT {
    private static final List<String> PRUNE =
            List.of("--stage", "pruning:structured,amount=0.75,reconstruct=false,recovery=none");
    private static final List<String> DISTILL = List.of("--stage", "distillation:distill,epochs=10");
    private static final List<String> QUANTIZE = List.of("--stage", "quantization:static-int8");

    @TempDir
    Path directory;

    @Test
    void whatPruningBreaksTheOriginalTeachesAgainBeforeQuantization() throws Exception {
        var digits = Digits.unpackedInto(directory);

        var mended = digits.compress(
                "mended",
                Stream.of(PRUNE, DISTILL, QUANTIZE).flatMap(List::stream).toList());
        var broken = digits.compress(
                "broken", Stream.of(PRUNE, QUANTIZE).flatMap(List::stream).toList());

        assertThat(mended.lineage())
                .extracting(LineageStep::stage)
                .containsExactly("pruning", "distillation", "quantization", "evaluation");
        assertThat(Digits.top1(broken)).isLessThan(0.9);
        assertThat(Digits.top1(mended)).isGreaterThan(0.95);
        assertThat(Objects.requireNonNull(mended.evaluation().result().macs()))
                .isLessThan(
                        Objects.requireNonNull(mended.evaluation().baseline().macs()) / 4);
        assertThat(Model.read(directory.resolve("mended/model.onnx")).nodes())
                .anyMatch(node -> node.is("DequantizeLinear"));
    }
}
