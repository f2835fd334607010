package dev.millrace.engine;

import dev.millrace.message.Json;
import dev.millrace.message.RefusedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a compiled model was made on and for. Stands in the model's metadata under {@value #KEY}, so that it goes wherever the
 * file goes.
 *
 * @param name what people call it
 * @param architecture {@code amd64}, {@code aarch64} …
 * @param features of the processor that decide which kernels a runtime takes: {@code avx2}, {@code avx512_vnni} …
 * @param threads of a run
 * @param runtime version of ONNX Runtime
 */
public record Target(String name, String architecture, List<String> features, int threads, String runtime) {
    /** Key of the metadata. */
    public static final String KEY = "millrace.target";

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

    public Target {
        features = features == null ? List.of() : List.copyOf(features);
    }

    /** This machine. Where the system does not tell the processor's features, none are known. */
    public static Target here(String name, int threads) throws IOException {
        return new Target(name, System.getProperty("os.arch"), featuresHere(), threads, OrtSession.version());
    }

    private static List<String> featuresHere() throws IOException {
        if (!Files.isReadable(PROCESSORS)) {
            return List.of();
        }
        try (var lines = Files.lines(PROCESSORS)) {
            return lines.filter(line -> line.startsWith("flags") || line.startsWith("Features"))
                    .findFirst()
                    .map(line -> new TreeSet<>(List.of(
                            line.substring(line.indexOf(':') + 1).strip().split("\\s+"))))
                    .map(all -> all.stream().filter(DECISIVE::contains).toList())
                    .orElse(List.of());
        }
    }

    /** What a model's metadata says; empty for one that was not compiled, or by another program. */
    public static Optional<Target> in(Map<String, String> metadata) {
        try {
            return Optional.ofNullable(metadata.get(KEY))
                    .map(text -> Json.read(Json.tree(text.getBytes(StandardCharsets.UTF_8)), Target.class));
        } catch (RefusedException e) { // somebody else's words under our key
            return Optional.empty();
        }
    }

    /** For {@link #KEY}. */
    public String toJson() {
        return Json.mapper().valueToTree(this).toString();
    }

    /** What another machine lacks or has otherwise, in words; empty where it is as good as this one. */
    public List<String> differencesOn(Target other) {
        var differences = new ArrayList<String>();
        if (!architecture.equals(other.architecture)) {
            differences.add("architecture " + other.architecture + " instead of " + architecture);
        }
        var missing = new TreeSet<>(features);
        other.features.forEach(missing::remove);
        if (!missing.isEmpty()) {
            differences.add("no " + String.join(", ", missing));
        }
        if (!runtime.equals(other.runtime)) {
            differences.add("ONNX Runtime " + other.runtime + " instead of " + runtime);
        }
        return differences;
    }

    /** {@code edge-box (amd64 avx2 fma, ONNX Runtime 1.29.0, 1 threads)}. */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%s (%s%s, ONNX Runtime %s, %d threads)",
                name,
                architecture,
                features.isEmpty() ? "" : " " + String.join(" ", features),
                runtime,
                threads);
    }
}
