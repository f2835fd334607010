package dev.millrace.stage;

import dev.millrace.message.Json;
import dev.millrace.message.RefusedException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
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

    /** What names begin with, and what Java calls it. */
    private static final Map<String, String> ARCHITECTURES =
            Map.of("amd64", "amd64", "x86-64", "amd64", "x86_64", "amd64", "aarch64", "aarch64", "arm64", "aarch64");

    public Target {
        features = features == null ? List.of() : List.copyOf(features);
    }

    /**
     * This machine.
     *
     * @param runtime version of ONNX Runtime
     */
    public static Target here(String name, int threads, String runtime) {
        var machine = Machine.here();
        return new Target(name, machine.architecture(), machine.features(), threads, runtime);
    }

    /**
     * This target, if its name does not contradict it.
     *
     * @param where the name was found
     * @throws RefusedException if the name starts with an architecture that is another one
     */
    public Target require(String where) {
        for (var word : ARCHITECTURES.entrySet()) {
            if (name.startsWith(word.getKey()) && !word.getValue().equals(architecture)) {
                throw new RefusedException(
                        "OTHER_TARGET",
                        where,
                        name,
                        "a name of this machine, " + this + ": models are compiled where they run");
            }
        }
        return this;
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
