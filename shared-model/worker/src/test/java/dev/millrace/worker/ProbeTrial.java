package dev.millrace.worker;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.stage.Option;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** A trial of {@link ProbeSearch}: the larger its values the better and the dearer, {@code b} at a price of its own. */
final class ProbeTrial {
    record Options(
            @Option(value = "A number for each choice.", allowed = "a, b and c")
            Map<String, JsonNode> values,

            @Option(value = "Milliseconds to take.", defaultValue = "0", allowed = "0 or more")
            long millis,

            @Option(value = "Trials of another name are other trials.", defaultValue = "\"\"")
            String trialName) {}

    private ProbeTrial() {}

    static StageResult run(Options options, StageContext context) throws IOException {
        ProbeStage.sleep(options.millis(), context);
        var model = context.workDirectory().resolve("out.onnx");
        Files.writeString(model, "trial of " + new TreeMap<>(options.values()));
        double a = value(options, "a");
        double b = value(options, "b");
        double c = value(options, "c");
        return StageResult.ofTrial(
                model, Map.of("quality", Math.sqrt(a) + Math.sqrt(2 * b) + c / 4, "cost", a + b * b + c), Map.of());
    }

    private static double value(Options options, String name) {
        return Objects.requireNonNull(options.values().get(name), name).doubleValue();
    }
}
