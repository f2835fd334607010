package dev.millrace.quantization;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Finds out, by trying, whether this processor's fast product of unsigned and signed bytes saturates.
 *
 * <p>Without VNNI, x86 adds two products in 16 bits ({@code vpmaddubsw}): {@code 255·127 + 255·127} does not fit. Weights of 7
 * bits do. Processors with VNNI, and ARM, sum in 32 bits and take all 8 ({@link PairSums}).
 */
final class SaturationProbe {
    private static final int DEPTH = 64;
    private static final int WIDTH = 16;

    private SaturationProbe() {}

    /**
     * Whether products of 8-bit weights overflow here.
     *
     * @param directory for a temporary model of 2 KB
     */
    static boolean saturates(Path directory) throws IOException {
        var m = new ModelBuilder(13);
        var x = m.input("x", DataType.UINT8, Dimension.of(1), Dimension.of(DEPTH));
        var weight = new byte[DEPTH * WIDTH];
        Arrays.fill(weight, (byte) 127);
        var w = m.initializer(Tensor.bytes("w", DataType.INT8, weight, DEPTH, WIDTH));
        var y = m.node("MatMulInteger", List.of(x, w));
        m.output(y, DataType.INT32, Dimension.of(1), Dimension.of(WIDTH));
        var file = directory.resolve("saturation-probe.onnx");
        m.build().write(file);
        try (var session = OrtSession.open(file, SessionSettings.threads(1));
                var outputs = session.run(Map.of("x", Value.full(DataType.UINT8, 255, 1, DEPTH)))) {
            return outputs.get(y).number(0) != 255 * 127 * DEPTH;
        }
    }
}
