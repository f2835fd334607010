package dev.millrace.worker;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.stage.Option;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** A trial of {@link ProbeSearch}: the larger its values the better and the dearer, {@code b} at a price of its own. */
final class ProbeTrial implements Technique<ProbeTrial.Options> {
    record Options(
            @Option(value = "A number for each choice.", allowed = "a, b and c")
            Map<String, JsonNode> values,

            @Option(value = "Milliseconds to take.", defaultValue = "0", allowed = "0 or more")
            long millis) {}

    @Override
    public String name() {
        return "trial";
    }

    @Override
    public String summary() {
        return "Waits, and measures what follows from its values.";
    }

    @Override
    public String useWhen() {
        return "In tests.";
    }

    @Override
    public Class<Options> options() {
        return Options.class;
    }

    @Override
    public boolean cacheable() {
        return false;
    }

    @Override
    public StageResult run(Options options, StageContext context) throws IOException {
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
