package dev.millrace.it.benchmark;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Prints how long a training step takes here, in float32 and with bfloat16, and in PyTorch eager, in processes of their own
 * that take turns: medians of the processes' medians, the least step of all, and the least time that a step had of the
 * processor, which other work on the machine stretches less.
 *
 * <pre>{@code
 * TrainingComparison python=PYTHON nets=FOLDER models=FOLDER rounds=3 steps=12 batch=128 threads=1 tokens=64 resnet20-bn …
 * }</pre>
 *
 * <p>{@code models} has {@code NAME.onnx}, {@code nets} a {@code common.py} with the network of that name, {@code -bn} left
 * off; without it PyTorch trains the network as the exporter leaves it, normalizations folded into convolutions. See {@code src/test/peers/train_step.py}. Ours runs {@link TrainingBenchmark} as child JVMs of workers run.
 */
public final class TrainingComparison {
    private static final Pattern STEP =
            Pattern.compile("step +([0-9.]+) ms \\(min +([0-9.]+), processor +([0-9.]+)\\).* peak ([0-9]+) MB");
    private static final Path SCRIPT = Path.of("integration-tests/src/test/peers/train_step.py");

    /** As workers start child JVMs. */
    private static final Map<String, String> ALLOCATOR = Map.of(
            "MALLOC_ARENA_MAX", "1", "MALLOC_MMAP_THRESHOLD_", "1073741824", "MALLOC_TRIM_THRESHOLD_", "17179869184");

    private final Map<String, String> options = new HashMap<>(
            Map.of("rounds", "3", "steps", "12", "batch", "128", "threads", "1", "tokens", "64", "python", "python3"));

    /** What several processes of one side printed, in milliseconds and megabytes. */
    private static final class Side {
        private final List<Double> medians = new ArrayList<>();
        private double least = Double.POSITIVE_INFINITY;
        private double leastProcessor = Double.POSITIVE_INFINITY;
        private long peak;

        void add(String line) {
            var step = STEP.matcher(line);
            if (!step.find()) {
                throw new IllegalStateException("no time in: " + line);
            }
            medians.add(Double.valueOf(step.group(1)));
            least = Math.min(least, Double.parseDouble(step.group(2)));
            leastProcessor = Math.min(leastProcessor, Double.parseDouble(step.group(3)));
            peak = Math.max(peak, Long.parseLong(step.group(4)));
        }

        double median() {
            var sorted = medians.stream().sorted().toList();
            return sorted.get(sorted.size() / 2);
        }
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        var comparison = new TrainingComparison();
        Arrays.stream(arguments)
                .filter(argument -> argument.contains("="))
                .map(argument -> argument.split("=", 2))
                .forEach(pair -> comparison.options.put(pair[0], pair[1]));
        for (var argument : arguments) {
            if (!argument.contains("=")) {
                comparison.run(argument);
            }
        }
    }

    private void run(String model) throws IOException, InterruptedException {
        var ours = new Side();
        var narrow = new Side();
        var theirs = new Side();
        for (int round = 0; round < Integer.parseInt(option("rounds")); round++) {
            ours.add(line(here(model, false)));
            theirs.add(line(there(model)));
            narrow.add(line(here(model, true)));
        }
        System.out.printf(
                Locale.ROOT,
                "%-16s median %8.2f of %8.2f ms (%.2f), least %8.2f of %8.2f (%.2f), processor %8.2f of %8.2f (%.2f),"
                        + " bfloat16 %.2f (%.2f), peak %d of %d MB%n",
                model,
                ours.median(),
                theirs.median(),
                ours.median() / theirs.median(),
                ours.least,
                theirs.least,
                ours.least / theirs.least,
                ours.leastProcessor,
                theirs.leastProcessor,
                ours.leastProcessor / theirs.leastProcessor,
                narrow.leastProcessor,
                narrow.leastProcessor / theirs.leastProcessor,
                ours.peak,
                theirs.peak);
    }

    private String option(String name) {
        var value = options.get(name);
        if (value == null) {
            throw new IllegalArgumentException("option " + name + " is missing");
        }
        return value;
    }

    private ProcessBuilder here(String model, boolean bfloat16) {
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var command = new ArrayList<>(List.of(java, "-Xmx1g", "-XX:+UseSerialGC", TrainingBenchmark.class.getName()));
        for (var name : List.of("batch", "steps", "threads", "tokens")) {
            command.add(name + "=" + option(name));
        }
        command.add("bfloat16=" + (bfloat16 ? 1 : 0));
        command.add(Path.of(option("models"), model + ".onnx").toString());
        var builder = new ProcessBuilder(command);
        // ONNX Runtime reads the command line; a long one overflows its stack.
        builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        builder.environment().putAll(ALLOCATOR);
        return builder;
    }

    /** PyTorch as it comes: settings of the allocator that this process may have would slow it down. */
    private ProcessBuilder there(String model) {
        var builder = new ProcessBuilder(
                option("python"),
                SCRIPT.toString(),
                option("nets"),
                model,
                option("batch"),
                option("steps"),
                option("threads"),
                option("tokens"));
        builder.environment().keySet().removeIf(name -> name.startsWith("MALLOC_"));
        return builder;
    }

    /** The last line that a process prints. */
    private String line(ProcessBuilder builder) throws IOException, InterruptedException {
        builder.environment().put("OMP_NUM_THREADS", option("threads"));
        var process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try (var out = process.inputReader()) {
            var last = out.lines().reduce("", (before, line) -> line);
            if (process.waitFor() != 0) {
                throw new IllegalStateException(builder.command() + " ended with " + process.exitValue());
            }
            return last;
        }
    }
}
