package dev.millrace.standalone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.message.ArtifactReference;
import dev.millrace.message.CacheLookup;
import dev.millrace.message.Json;
import dev.millrace.message.LineageStep;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WhyCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path directory;

    @Test
    void tellsOfEachStepOfAReport() throws IOException {
        var lineage = List.of(
                step(0, "pruning", "magnitude", new CacheLookup(true, "k", "Computed before.", List.of())),
                step(1, "quantization", "static-int8", new CacheLookup(false, "l", "seed is 2.", List.of())));
        write("report.json", Json.mapper().writeValueAsBytes(Map.of("lineage", lineage)));

        assertThat(run("why", "report.json")).isZero();
        assertThat(out.toString().lines())
                .containsExactly(
                        "1 pruning:magnitude                known     Computed before.",
                        "2 quantization:static-int8         computed  seed is 2.");
    }

    @Test
    void refusesAFileThatIsNoReport() throws IOException {
        write("report.json", Json.mapper().writeValueAsBytes(Map.of("other", 1)));

        assertThat(run("why", "report.json")).isEqualTo(ExitStatus.REFUSED);
        assertThat(err.toString()).contains("NO_LINEAGE", "report.json", "no steps");
    }

    private int run(String... arguments) {
        var terminal = new Terminal(new PrintWriter(out, true), new PrintWriter(err, true), false, directory);
        return Millrace.commandLine(terminal).execute(arguments);
    }

    private void write(String name, byte[] content) throws IOException {
        Files.write(directory.resolve(name), content);
    }

    private static LineageStep step(int number, String stage, String technique, CacheLookup lookup) {
        return new LineageStep(
                number,
                stage,
                technique,
                Map.of(),
                ArtifactReference.of("file:/a.onnx"),
                null,
                0,
                Map.of(),
                1,
                lookup.hit(),
                Map.of(CacheLookup.REPORT, Json.mapper().valueToTree(lookup)));
    }
}
