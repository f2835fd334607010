package dev.millrace.onnx.op;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * The functions {@code op.name(...)} that templates call: TorchScript source, one resource for each family. An archive gets
 * all of it; libtorch compiles what is called.
 */
public final class Prelude {
    private static final List<String> FILES = List.of(
            "tensors",
            "activation",
            "reduction",
            "shaping",
            "index",
            "linear",
            "normalization",
            "pooling",
            "resampling",
            "recurrent",
            "attention",
            "quantization",
            "loss",
            "signal",
            "sequences",
            "microsoft");

    private static final String SOURCE =
            FILES.stream().map(Prelude::read).map(Prelude::qualified).collect(Collectors.joining("\n"));

    private Prelude() {}

    /** The module {@code __torch__.op}. */
    public static String source() {
        return SOURCE;
    }

    /** Source with the short name {@code op.} written out, as the archive's loader wants it. */
    public static String qualified(String source) {
        return source.replaceAll("(?<![\\w.])op\\.", "__torch__.op.");
    }

    private static String read(String name) {
        try (var in = Prelude.class.getResourceAsStream(name + ".torchscript")) {
            return new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
