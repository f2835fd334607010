package dev.millrace.onnx.gate;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * How large and how strange a model may be. The defaults let through what people publish and stop bombs.
 *
 * @param fileBytes model file, without external data
 * @param valueBytes one tensor, stored or made from constants
 * @param nodes all graphs together, calls of model-local functions expanded
 * @param initializers all graphs together
 * @param depth subgraphs within subgraphs, functions calling functions
 * @param rank axes of a tensor
 * @param nameBytes a name
 * @param windowElements elements under a kernel or pooling window
 * @param loopTrips iterations of loops whose count is constant, nested loops multiplied
 * @param domains operator domains that native code may run; model-local functions come on top
 */
public record Limits(
        long fileBytes,
        long valueBytes,
        long nodes,
        long initializers,
        int depth,
        int rank,
        int nameBytes,
        long windowElements,
        long loopTrips,
        Set<String> domains) {

    private static final String PREFIX = "millrace.gate.";

    /** What is allowed unless configuration says otherwise: 2 GiB of model file, 4 GiB a tensor. */
    public static final Limits DEFAULT = new Limits(
            Integer.MAX_VALUE,
            1L << 32,
            200_000,
            100_000,
            16,
            32,
            4096,
            1 << 20,
            1_000_000,
            Set.of(
                    "",
                    "ai.onnx",
                    "ai.onnx.ml",
                    "ai.onnx.training",
                    "ai.onnx.preview",
                    "ai.onnx.preview.training",
                    "com.microsoft"));

    public Limits {
        domains = Set.copyOf(domains);
    }

    /**
     * The defaults, changed by system properties {@code millrace.gate.nodes}, {@code millrace.gate.value-bytes} and so on,
     * or by environment variables {@code MILLRACE_GATE_NODES} …, which a worker's children inherit. {@code
     * millrace.gate.domains} is a comma list of further operator domains.
     *
     * @throws IllegalArgumentException if a value is no number above 0
     */
    public static Limits configured() {
        return of(key -> Optional.ofNullable(System.getProperty(key))
                .or(() -> Optional.ofNullable(
                        System.getenv(key.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_")))));
    }

    static Limits of(Function<String, Optional<String>> settings) {
        var domains = new HashSet<>(DEFAULT.domains);
        settings.apply(PREFIX + "domains").ifPresent(list -> domains.addAll(Arrays.asList(list.split("\\s*,\\s*"))));
        return new Limits(
                number(settings, "file-bytes", DEFAULT.fileBytes),
                number(settings, "value-bytes", DEFAULT.valueBytes),
                number(settings, "nodes", DEFAULT.nodes),
                number(settings, "initializers", DEFAULT.initializers),
                Math.toIntExact(number(settings, "depth", DEFAULT.depth)),
                Math.toIntExact(number(settings, "rank", DEFAULT.rank)),
                Math.toIntExact(number(settings, "name-bytes", DEFAULT.nameBytes)),
                number(settings, "window-elements", DEFAULT.windowElements),
                number(settings, "loop-trips", DEFAULT.loopTrips),
                domains);
    }

    private static long number(Function<String, Optional<String>> settings, String key, long otherwise) {
        var text = settings.apply(PREFIX + key);
        if (text.isEmpty()) {
            return otherwise;
        }
        if (!text.get().matches("[1-9][0-9]{0,17}")) {
            throw new IllegalArgumentException(PREFIX + key + "=" + text.get() + " is no number above 0");
        }
        return Long.parseLong(text.get());
    }
}
