package dev.millrace.it.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.data.Dataset;
import dev.millrace.engine.metric.Fidelity;
import dev.millrace.stage.LocalData;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * Removes heads and neurons of a sentence encoder and prints what is left of its parameters, how close its embeddings of other
 * sentences stay, time in ONNX Runtime, and seconds.
 *
 * <pre>{@code
 * HeadBenchmark model.onnx train.txt test.txt '{"tokenizer": "tokenizer.json"}' target='"parameters"' amount=0.14
 * }</pre>
 *
 * <p>Sentences stand one a line. Further arguments are options of the technique, as JSON.
 */
public final class HeadBenchmark {
    private static final int BATCH = 20;

    private HeadBenchmark() {}

    public static void main(String[] arguments) throws IOException {
        var model = Path.of(arguments[0]);
        var dataOptions = LocalTask.options(arguments[3]);
        var options = LocalTask.options("{\"residual\": false}");
        options.putAll(LocalTask.options(arguments, 4));
        var task = LocalTask.training(model, new LocalData(Path.of(arguments[1]), null, dataOptions));
        long start = System.nanoTime();
        var result = task.run("pruning", "structured", options);
        double seconds = (System.nanoTime() - start) / 1e9;
        var fidelity = fidelity(model, Objects.requireNonNull(result.model()), Path.of(arguments[2]), dataOptions);
        System.out.printf(
                Locale.ROOT,
                "parameters %.3fx, MACs %.3fx, time %.2fx, cosine %.4f, %.0f s%n",
                reported(result.report(), "parameters") / reported(result.report(), "originalParameters"),
                reported(result.report(), "macs") / reported(result.report(), "originalMacs"),
                reported(result.report(), "latencyRatio"),
                Objects.requireNonNull(fidelity.values().get("embeddingCosine")),
                seconds);
    }

    private static double reported(Map<String, JsonNode> report, String name) {
        return Objects.requireNonNull(report.get(name), name).doubleValue();
    }

    private static Fidelity fidelity(Path original, Path pruned, Path sentences, Map<String, JsonNode> dataOptions)
            throws IOException {
        var fidelity = new Fidelity();
        var settings = SessionSettings.threads(1);
        try (var reference = OrtSession.open(original, settings);
                var candidate = OrtSession.open(pruned, settings);
                var samples = Dataset.open(sentences, null, dataOptions, reference.inputs())) {
            for (var batch : samples.batches(BATCH)) {
                try (var expected = reference.run(batch.feed());
                        var found = candidate.run(batch.feed())) {
                    fidelity.add(batch, expected.values(), found.values());
                }
            }
        }
        return fidelity;
    }
}
