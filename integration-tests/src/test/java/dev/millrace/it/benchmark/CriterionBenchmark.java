package dev.millrace.it.benchmark;

import dev.millrace.message.Json;
import dev.millrace.stage.LocalData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * Prunes one model once by several criteria, without training afterwards, and prints how close each result stays to the
 * original, and how right it is where there are labels.
 *
 * <pre>{@code
 * CriterionBenchmark model.onnx train.txt test.txt '{"tokenizer": "tokenizer.json"}' '{"sparsity": 0.5}' magnitude,wanda
 * }</pre>
 *
 * <p>The first data is what criteria look at, the second what is scored; then options of the data and of the techniques.
 */
public final class CriterionBenchmark {
    private static final int SCORED = 1000;

    private CriterionBenchmark() {}

    public static void main(String[] arguments) throws IOException {
        var model = Path.of(arguments[0]);
        var dataOptions = BenchmarkTask.options(arguments[3]);
        var calibration = new LocalData(Path.of(arguments[1]), null, dataOptions);
        var scored = new HashMap<>(dataOptions);
        scored.put("limit", Json.mapper().valueToTree(SCORED));
        var evaluation = new LocalData(Path.of(arguments[2]), null, scored);
        System.out.println("criterion    zeros %    cosine      top1   seconds");
        for (var criterion : arguments[5].split(",", -1)) {
            var options = BenchmarkTask.options(arguments[4]);
            options.put("recovery", Json.mapper().valueToTree("none"));
            options.put("format", Json.mapper().valueToTree("dense"));
            var task = new BenchmarkTask(
                    model,
                    Optional.empty(),
                    role -> Optional.of(calibration),
                    1,
                    Files.createTempDirectory("criterion"));
            long start = System.nanoTime();
            var result = task.run("pruning", criterion, options);
            double seconds = (System.nanoTime() - start) / 1e9;
            var figures = Figures.of(model, Objects.requireNonNull(result.model()), evaluation);
            System.out.printf(
                    Locale.ROOT,
                    "%-11s  %7.2f   %7.4f   %7.4f   %7.1f%n",
                    criterion,
                    100
                            * Objects.requireNonNull(result.report().get("sparsity"))
                                    .doubleValue(),
                    Figures.cosine(figures),
                    figures.getOrDefault("top1", Double.NaN),
                    seconds);
        }
    }
}
