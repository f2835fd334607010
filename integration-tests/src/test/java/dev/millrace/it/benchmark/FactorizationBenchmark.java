package dev.millrace.it.benchmark;

import dev.millrace.engine.Latency;
import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.engine.data.Dataset;
import dev.millrace.evaluation.CodedBytes;
import dev.millrace.message.Json;
import dev.millrace.pack.Coding;
import dev.millrace.pack.Packer;
import dev.millrace.stage.LocalData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Factorizes or codes one model in several ways and prints how small each result is, how close it stays to the original, and
 * how fast ONNX Runtime runs it, one thread, by turns with the original.
 *
 * <pre>{@code
 * FactorizationBenchmark model.onnx calibration.txt - test.txt '{"tokenizer": "tokenizer.json"}' cluster '{"bits": 4}' svd '{}'
 * }</pre>
 *
 * <p>Data: what is looked at, what is trained on ({@code -} for no recovery), what is scored; then options of the data, and
 * pairs of a technique and its options.
 */
public final class FactorizationBenchmark {
    private static final int CALIBRATED = 256;

    private FactorizationBenchmark() {}

    public static void main(String[] arguments) throws IOException {
        var model = Path.of(arguments[0]);
        var options = BenchmarkTask.options(arguments[4]);
        var data = new HashMap<String, LocalData>();
        var few = new HashMap<>(options);
        few.put("limit", Json.mapper().valueToTree(CALIBRATED));
        data.put("calibration", new LocalData(Path.of(arguments[1]), null, few));
        if (!arguments[2].equals("-")) {
            data.put("training", new LocalData(Path.of(arguments[2]), null, options));
        }
        var evaluation = new LocalData(Path.of(arguments[3]), null, options);
        System.out.println(
                "technique       MB    zstd MB   entropy MB   cosine     top1   time    open ms   seconds   options");
        for (int i = 5; i < arguments.length; i += 2) {
            row(model, data, evaluation, arguments[i], arguments[i + 1]);
        }
    }

    private static void row(
            Path model, Map<String, LocalData> data, LocalData evaluation, String technique, String options)
            throws IOException {
        var task = new BenchmarkTask(
                model,
                Optional.empty(),
                role -> Optional.ofNullable(data.get(role)),
                1,
                Files.createTempDirectory("factorization"));
        long start = System.nanoTime();
        var result = task.run("factorization", technique, BenchmarkTask.options(options));
        double seconds = (System.nanoTime() - start) / 1e9;
        var file = Objects.requireNonNull(result.model());
        var figures = Figures.of(model, file, evaluation);
        System.out.printf(
                Locale.ROOT,
                "%-11s  %6.2f   %6.2f      %6.2f   %6.4f   %6.4f   %4.2fx   %4.0f (%4.0f)   %5.0f   %s%n",
                technique,
                Files.size(file) / 1e6,
                CodedBytes.zstd(List.of(file)) / 1e6,
                packedBytes(file) / 1e6,
                Figures.cosine(figures),
                figures.getOrDefault("top1", Double.NaN),
                Latency.compare(model, file, feed(model, evaluation), 1).ratio(),
                openMillis(file),
                openMillis(model),
                seconds,
                options);
    }

    private static long packedBytes(Path file) throws IOException {
        var packed = Files.createTempDirectory("packed").resolve("model.mrp");
        return Packer.pack(file, packed, Coding.MODELLED).packedBytes();
    }

    private static Map<String, Value> feed(Path model, LocalData data) throws IOException {
        try (var session = OrtSession.open(model, SessionSettings.threads(1));
                var samples = Dataset.open(data.path(), data.format(), data.options(), session.inputs())) {
            var feed = new LinkedHashMap<String, Value>();
            samples.batches(1).iterator().next().feed().forEach((name, value) -> feed.put(name, value.copy()));
            return feed;
        }
    }

    private static double openMillis(Path model) throws IOException {
        long start = System.nanoTime();
        OrtSession.open(model, SessionSettings.threads(1)).close();
        return (System.nanoTime() - start) / 1e6;
    }
}
