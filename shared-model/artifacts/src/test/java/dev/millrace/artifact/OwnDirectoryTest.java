package dev.millrace.artifact;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OwnDirectoryTest {
    private static final int PROCESSES = 3;
    private static final int TIMES = 100;

    @TempDir
    Path parent;

    @Test
    void whatADeadOwnerLeftIsRemovedAndWhatALivingOneHasStays() throws IOException {
        Files.createFile(parent.resolve("dead.lock"));
        Files.writeString(Files.createDirectory(parent.resolve("dead")).resolve("file"), "left");

        try (var living = OwnDirectory.open(parent);
                var other = OwnDirectory.open(parent)) {
            assertThat(living.path()).isEmptyDirectory();
            assertThat(other.path()).isEmptyDirectory();
            assertThat(parent.resolve("dead")).doesNotExist();
            assertThat(parent.resolve("dead.lock")).doesNotExist();
        }
        assertThat(parent).isEmptyDirectory();
    }

    @Test
    void processesThatOpenAtOnceLeaveEachOtherAlone() throws Exception {
        var output = Files.createTempFile("own", ".log");
        var processes = new ArrayList<Process>();
        for (int i = 0; i < PROCESSES; i++) {
            var builder = new ProcessBuilder(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:TieredStopAtLevel=1",
                    "-cp",
                    System.getProperty("java.class.path"),
                    Opener.class.getName(),
                    parent.toString());
            processes.add(builder.redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()))
                    .start());
        }
        for (var process : processes) {
            assertThat(process.waitFor()).as(Files.readString(output)).isZero();
        }
        assertThat(parent).isEmptyDirectory();
        Files.delete(output);
    }

    /** Opens and closes directories, and writes into each. */
    static final class Opener {
        public static void main(String[] arguments) throws IOException {
            for (int i = 0; i < TIMES; i++) {
                try (var own = OwnDirectory.open(Path.of(arguments[0]))) {
                    Files.writeString(own.path().resolve("file"), "mine");
                }
            }
        }
    }
}
