package dev.millrace.stage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * A kind of machine: what decides how fast a runtime is on it, and which of its kernels answer.
 *
 * @param processor by name, as the system tells it
 * @param architecture {@code amd64}, {@code aarch64} …
 * @param features of the processor that decide which kernels a runtime takes: {@code avx2}, {@code avx512_vnni} …, sorted
 */
public record Machine(String processor, String architecture, List<String> features) {
    private static final Set<String> DECISIVE = Set.of(
            "f16c",
            "fma",
            "avx",
            "avx2",
            "avx512f",
            "avx512_vnni",
            "avx512_bf16",
            "avx_vnni",
            "amx_int8",
            "amx_bf16",
            "asimd",
            "asimddp",
            "i8mm",
            "bf16",
            "sve");

    private static final Path PROCESSORS = Path.of("/proc/cpuinfo");
    private static final Machine HERE = of(System.getProperty("os.arch"), told());

    public Machine {
        features = List.copyOf(features);
    }

    /** This one, read once. Where the system does not tell, its processor is {@code unknown} and without features. */
    public static Machine here() {
        return HERE;
    }

    private static List<String> told() {
        try {
            return Files.isReadable(PROCESSORS) ? Files.readAllLines(PROCESSORS) : List.of();
        } catch (IOException e) { // a system that does not tell
            return List.of();
        }
    }

    /** @param told lines of {@code name : value}, as Linux describes its processors, one after the other */
    static Machine of(String architecture, List<String> told) {
        var name = first(told, "model name");
        if (name.isEmpty()) { // ARM has numbers
            name = (first(told, "CPU implementer") + " " + first(told, "CPU part")).strip();
        }
        var features = (first(told, "flags") + " " + first(told, "Features")).split("\\s+");
        return new Machine(
                name.isEmpty() ? "unknown" : name,
                architecture,
                Arrays.stream(features).filter(DECISIVE::contains).sorted().toList());
    }

    private static String first(List<String> told, String name) {
        return told.stream()
                .filter(line -> line.startsWith(name))
                .findFirst()
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .orElse("");
    }
}
