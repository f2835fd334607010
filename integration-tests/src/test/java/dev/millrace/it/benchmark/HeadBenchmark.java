package dev.millrace.it.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.stage.LocalData;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * Removes heads and neurons of a sentence encoder and prints what is left of its parameters, how close its embeddings of other
 * sentences stay, cut and mended, time in ONNX Runtime, processor seconds, and the report of the recovery.
 *
 * <pre>{@code
 * HeadBenchmark model.onnx train.txt test.txt '{"tokenizer": "tokenizer.json"}' target='"parameters"' amount=0.14
 * }</pre>
 *
 * <p>Sentences stand one a line. Further arguments are options of the technique, as JSON.
 */
public final class HeadBenchmark {
    private HeadBenchmark() {}

    public static void main(String[] arguments) throws IOException {
        var model = Path.of(arguments[0]);
        var dataOptions = BenchmarkTask.options(arguments[3]);
        var options = BenchmarkTask.options("{\"residual\": false}");
        options.putAll(BenchmarkTask.options(arguments, 4));
        var task = BenchmarkTask.training(model, new LocalData(Path.of(arguments[1]), null, dataOptions));
        double start = Figures.processorSeconds();
        var result = task.run("pruning", "structured", options);
        double seconds = Figures.processorSeconds() - start;
        var test = new LocalData(Path.of(arguments[2]), null, dataOptions);
        double cut =
                Figures.cosine(Figures.of(model, task.workDirectory().resolve("model.onnx"), test)); // before recovery
        var figures = Figures.of(model, Objects.requireNonNull(result.model()), test);
        System.out.printf(
                Locale.ROOT,
                "parameters %.3fx, MACs %.3fx, time %.2fx, cosine %.4f cut and %.4f mended, %.0f processor seconds%n%s%n",
                reported(result.report(), "parameters") / reported(result.report(), "originalParameters"),
                reported(result.report(), "macs") / reported(result.report(), "originalMacs"),
                reported(result.report(), "latencyRatio"),
                cut,
                Figures.cosine(figures),
                seconds,
                result.report().get("recovery"));
    }

    private static double reported(Map<String, JsonNode> report, String name) {
        return Objects.requireNonNull(report.get(name), name).doubleValue();
    }
}
