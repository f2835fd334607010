package dev.millrace.it.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import dev.millrace.message.Json;
import dev.millrace.stage.LocalData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Quantizes one model in this process and prints seconds, peak memory and the report: our line in the table of a
 * comparison with other tools.
 *
 * <pre>{@code
 * QuantizationBenchmark static-int8 model.onnx data/calib out.onnx samples=128 threads=2 minFidelity=0.9
 * }</pre>
 *
 * <p>The data is a folder with an NPY file for each input, an NPZ file, or {@code -} for none. Further arguments are options
 * of the technique, as JSON.
 */
public final class QuantizationBenchmark {
    private QuantizationBenchmark() {}

    public static void main(String[] arguments) throws IOException {
        var options = BenchmarkTask.options(arguments, 4);
        int samples = take(options, "samples", 128);
        int threads = take(options, "threads", 2);
        Optional<LocalData> data = arguments[2].equals("-")
                ? Optional.empty()
                : Optional.of(new LocalData(Path.of(arguments[2]), null, Map.of("limit", IntNode.valueOf(samples))));
        var work = Files.createTempDirectory("quantization");
        var task = new BenchmarkTask(Path.of(arguments[1]), Optional.empty(), role -> data, threads, work);
        long start = System.nanoTime();
        var result = task.run("quantization", arguments[0], options);
        double seconds = (System.nanoTime() - start) / 1e9;
        Files.move(result.model(), Path.of(arguments[3]), StandardCopyOption.REPLACE_EXISTING);
        var report = new HashMap<>(result.report());
        report.remove("ranges");
        System.out.printf(
                Locale.ROOT,
                "%.2f s, peak %s, %s%n",
                seconds,
                peakMemory(),
                Json.mapper().writeValueAsString(report));
    }

    private static int take(Map<String, JsonNode> options, String name, int otherwise) {
        var value = options.remove(name);
        return value == null ? otherwise : value.intValue();
    }

    /** Of the whole process, as the kernel counts it; only Linux says. */
    private static String peakMemory() throws IOException {
        var status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return "unknown";
        }
        return Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .map(line -> line.substring("VmHWM:".length()).trim())
                .findFirst()
                .orElse("unknown");
    }
}
