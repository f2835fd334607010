package dev.millrace.it.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.message.CompressionCompleted;
import dev.millrace.message.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The demo's digits and their classifier in a directory, compressed by the command line. */
final class Digits {
    private static final String DEMO = "/dev/millrace/standalone/demo/";

    private final Path directory;

    private Digits(Path directory) {
        this.directory = directory;
    }

    static Digits unpackedInto(Path directory) throws IOException {
        for (var name : List.of("digits.onnx", "digits-train.csv", "digits-test.csv")) {
            try (var file = Objects.requireNonNull(Digits.class.getResourceAsStream(DEMO + name), name)) {
                Files.copy(file, directory.resolve(name));
            }
        }
        return new Digits(directory);
    }

    /** The report of {@code millrace compress} with training, calibration and evaluation data, which must end well. */
    CompressionCompleted compress(String out, List<String> arguments) throws Exception {
        var all = new ArrayList<>(List.of("compress", "digits.onnx", "--out", out, "--json"));
        all.addAll(arguments);
        all.addAll(List.of("--data", "training=digits-train.csv", "--data", "calibration=digits-train.csv"));
        all.addAll(List.of("--data", "evaluation=digits-test.csv"));

        var result = new Cli(directory).run(all.toArray(String[]::new));

        assertThat(result.status()).as(result.err()).isZero();
        return Json.read(result.out().getBytes(StandardCharsets.UTF_8), CompressionCompleted.class);
    }

    static double top1(CompressionCompleted report) {
        return Objects.requireNonNull(report.evaluation().result().metrics().get("top1"));
    }
}
