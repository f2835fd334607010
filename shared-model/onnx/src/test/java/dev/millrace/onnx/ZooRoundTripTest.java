package dev.millrace.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every published model and every ONNX conformance model; runs where MILLRACE_ZOO names the zoo. */
@EnabledIfEnvironmentVariable(named = "MILLRACE_ZOO", matches = ".+")
class ZooRoundTripTest {
    @TempDir
    Path directory;

    static Stream<Path> models() throws IOException {
        try (var files = Files.walk(Path.of(System.getenv("MILLRACE_ZOO")))) {
            return files.filter(path -> path.endsWith("model.onnx")).sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void survivesWritingAndReading(Path file) throws IOException {
        var model = Model.read(file);

        model.write(directory.resolve("inline.onnx"));
        model.writeExternal(directory.resolve("external.onnx"));

        assertThat(Model.read(directory.resolve("inline.onnx"))).isEqualTo(model);
        assertThat(Model.read(directory.resolve("external.onnx"))).isEqualTo(model);
    }
}
