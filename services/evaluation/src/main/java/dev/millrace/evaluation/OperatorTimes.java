package dev.millrace.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.message.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Time by kind of operator, from ONNX Runtime's profile of a few runs. */
public final class OperatorTimes {
    /**
     * One kind of operator.
     *
     * @param operator as ONNX Runtime runs it, after its own rewriting
     * @param millis in one run, all its nodes together
     * @param share of all operators' time, 0..1
     * @param nodes how many nodes of the kind ran in one run
     */
    public record Time(String operator, double millis, double share, double nodes) {}

    private static final int RUNS = 10;
    private static final String KERNEL = "_kernel_time";

    private OperatorTimes() {}

    static List<Time> measure(Path model, List<Map<String, Value>> feeds, Path directory, int threads)
            throws IOException {
        var settings = SessionSettings.threads(threads).profile(directory.resolve("profile"));
        Path trace;
        try (var session = OrtSession.open(model, settings)) {
            for (int run = 0; run < RUNS; run++) {
                session.run(Quality.converted(feeds.get(run % feeds.size()), session.inputs()))
                        .close();
            }
            trace = session.endProfiling();
        }
        try {
            return times(Json.mapper().readTree(trace.toFile()));
        } finally {
            Files.delete(trace);
        }
    }

    private static List<Time> times(JsonNode events) {
        var micros = new TreeMap<String, Long>();
        var counts = new TreeMap<String, Long>();
        for (var event : events) {
            if (event.path("cat").asText().equals("Node")
                    && event.path("name").asText().endsWith(KERNEL)) {
                var operator = event.path("args").path("op_name").asText();
                micros.merge(operator, event.path("dur").asLong(), Long::sum);
                counts.merge(operator, 1L, Long::sum);
            }
        }
        double all = micros.values().stream().mapToLong(Long::longValue).sum();
        return micros.entrySet().stream()
                .map(entry -> new Time(
                        entry.getKey(),
                        entry.getValue() / 1e3 / RUNS,
                        all == 0 ? 0 : entry.getValue() / all,
                        (double) counts.getOrDefault(entry.getKey(), 0L) / RUNS))
                .sorted(Comparator.comparingDouble(Time::millis).reversed())
                .toList();
    }
}
