package dev.millrace.standalone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.onnx.fixture.TinyModels;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PackCommandTest {
    @TempDir
    Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeEach
    void aModel() throws IOException {
        TinyModels.cnn().write(directory.resolve("net.onnx"));
    }

    @Test
    void unpackGivesThePackedModel() throws IOException {
        assertThat(millrace("pack", "net.onnx", "--compare")).isEqualTo(ExitStatus.DONE);
        assertThat(millrace("unpack", "net.mpk", "--out", "copy/net.onnx")).isEqualTo(ExitStatus.DONE);

        assertThat(directory.resolve("copy/net.onnx")).hasSameBinaryContentAs(directory.resolve("net.onnx"));
        assertThat(out.toString()).contains("file", "deflate", "zstd -19", "packed", "bits for each of 922 weights");
    }

    @Test
    void fastPackingIsUnpackedToo() throws IOException {
        assertThat(millrace("pack", "--fast", "net.onnx", "--out", "fast.mpk")).isEqualTo(ExitStatus.DONE);
        assertThat(millrace("unpack", "fast.mpk")).isEqualTo(ExitStatus.DONE);

        assertThat(directory.resolve("fast.onnx")).hasSameBinaryContentAs(directory.resolve("net.onnx"));
    }

    @Test
    void refusesWithWhereFoundAndAllowed() throws IOException {
        assertThat(millrace("unpack", "net.onnx", "--out", "other.onnx")).isEqualTo(ExitStatus.REFUSED);
        assertThat(err.toString()).contains("NOT_PACKED");

        assertThat(millrace("pack", "missing.onnx")).isEqualTo(ExitStatus.REFUSED);
        assertThat(err.toString()).contains("NOT_FOUND", "missing.onnx");

        assertThat(millrace("pack", "net.onnx", "--out", "net.onnx")).isEqualTo(ExitStatus.REFUSED);
        try (var left = Files.list(directory)) {
            assertThat(left).containsExactly(directory.resolve("net.onnx"));
        }
    }

    private int millrace(String... arguments) {
        var terminal = new Terminal(new PrintWriter(out, true), new PrintWriter(err, true), false, directory);
        return Millrace.commandLine(terminal).execute(arguments);
    }
}
