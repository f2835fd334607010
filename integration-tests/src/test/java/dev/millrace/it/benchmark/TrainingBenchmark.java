package dev.millrace.it.benchmark;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.engine.ValueSpec;
import dev.millrace.engine.data.Batch;
import dev.millrace.engine.train.Budget;
import dev.millrace.engine.train.Loss;
import dev.millrace.engine.train.Objective;
import dev.millrace.engine.train.Trainer;
import dev.millrace.engine.train.TrainingSettings;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Model;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/**
 * Prints how long a training step of a model takes (forward, loss, gradient, SGD with momentum), the first ones apart, and
 * how the memory of this process grows; every step has its batch in fresh memory.
 *
 * <pre>{@code
 * TrainingBenchmark batch=128 steps=20 threads=1 tokens=64 bfloat16=0 model.onnx …
 * }</pre>
 *
 * <p>Classes are learned from outputs {@code (N, C)} and {@code (N, C, H, W)}, other outputs are pulled to 0. Peak memory is
 * the process's, so compare it one model at a time. Processor time is that of the thread that calls the step, which is all of
 * it with {@code threads=1}; Java counts a process's in hundredths of a second only.
 */
public final class TrainingBenchmark {
    private static final int MEMORY_LINES = 10;

    private final int rows;
    private final int steps;
    private final int threads;
    private final int tokens;
    private final boolean bfloat16;

    private TrainingBenchmark(Map<String, Integer> options) {
        rows = options.getOrDefault("batch", 128);
        steps = options.getOrDefault("steps", 20);
        threads = options.getOrDefault("threads", 1);
        tokens = options.getOrDefault("tokens", 32);
        bfloat16 = options.getOrDefault("bfloat16", 0) != 0;
    }

    public static void main(String[] arguments) throws IOException {
        var options = new LinkedHashMap<String, Integer>();
        Arrays.stream(arguments)
                .filter(argument -> argument.contains("="))
                .map(argument -> argument.split("=", 2))
                .forEach(pair -> options.put(pair[0], Integer.valueOf(pair[1])));
        var benchmark = new TrainingBenchmark(options);
        for (var argument : arguments) {
            if (!argument.contains("=")) {
                benchmark.run(Path.of(argument));
            }
        }
    }

    private void run(Path file) throws IOException {
        var random = new Random(0);
        List<ValueSpec> inputs;
        String output;
        long[] answer;
        try (var session = OrtSession.open(file, SessionSettings.threads(threads))) {
            inputs = session.inputs();
            output = session.outputs().get(0).name();
            try (var outputs = session.run(feed(inputs, random), List.of(output))) {
                answer = outputs.get(output).dims();
            }
        }
        boolean classes = answer.length == 2 || answer.length == 4;
        var objective = Objective.of(classes ? new Loss.CrossEntropy(output, 0) : new Loss.MeanSquare(output));
        var settings = TrainingSettings.sgd(1e-3, Budget.steps(steps))
                .bfloat16(bfloat16)
                .threads(threads);
        var directory = Files.createTempDirectory("training");
        var millis = new ArrayList<Double>();
        var clocks = ManagementFactory.getThreadMXBean();
        double leastCpu = Double.POSITIVE_INFINITY;
        long opened = System.nanoTime();
        try (var trainer = Trainer.open(Model.read(file), objective, settings, directory)) {
            double openMillis = millisSince(opened);
            var feed = feed(inputs, random);
            var labels = classes ? labels(answer, random) : Value.zeros(DataType.FLOAT, answer);
            for (int step = 0; step < steps; step++) {
                var fresh = new LinkedHashMap<>(feed);
                fresh.replaceAll((name, value) -> value.copy());
                var batch = new Batch(fresh, rows, labels.copy(), 1, Map.of(), "random numbers");
                long start = System.nanoTime();
                long used = clocks.getCurrentThreadCpuTime();
                trainer.step(batch, 1e-3, step);
                millis.add(millisSince(start));
                leastCpu = Math.min(leastCpu, (clocks.getCurrentThreadCpuTime() - used) / 1e6);
                if (steps >= 1000 && (step + 1) % (steps / MEMORY_LINES) == 0) {
                    System.out.printf("  step %6d: %s resident%n", step + 1, memory("VmRSS"));
                }
            }
            var later = millis.subList(Math.min(3, steps - 1), steps).stream()
                    .mapToDouble(Double::doubleValue)
                    .sorted()
                    .toArray();
            System.out.printf(
                    Locale.ROOT,
                    "%-24s step %8.2f ms (min %8.2f, processor %8.2f), open %6.0f, first steps %s ms, peak %s%n",
                    file.getFileName(),
                    later[later.length / 2],
                    later[0],
                    leastCpu,
                    openMillis,
                    millis.stream().limit(3).map(Math::round).toList(),
                    memory("VmHWM"));
        }
    }

    private Map<String, Value> feed(List<ValueSpec> inputs, Random random) {
        var feed = new LinkedHashMap<String, Value>();
        for (var input : inputs) {
            var dims = new long[input.rank()];
            for (int axis = 0; axis < dims.length; axis++) {
                var dimension = input.dims().get(axis);
                dims[axis] = dimension.isFixed() ? dimension.size() : axis == 0 ? rows : tokens;
            }
            feed.put(input.name(), numbers(input, dims, random));
        }
        return feed;
    }

    /** Normal numbers for floats, words of a vocabulary for token ids, no second sentence, nothing masked. */
    private static Value numbers(ValueSpec input, long[] dims, Random random) {
        boolean floats = input.type() == DataType.FLOAT;
        boolean types = input.name().contains("type");
        boolean ids = input.name().contains("ids") && !types;
        var numbers = new float[size(dims)];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = floats ? (float) random.nextGaussian() : ids ? 1 + random.nextInt(900) : types ? 0 : 1;
        }
        return Value.of(numbers, dims).as(input.type());
    }

    /** One class a row, or one a pixel. */
    private static Value labels(long[] answer, Random random) {
        var dims = answer.length == 2 ? new long[] {answer[0]} : new long[] {answer[0], answer[2], answer[3]};
        return Value.of(random.longs(size(dims), 0, answer[1]).toArray(), dims);
    }

    private static int size(long[] dims) {
        return (int) Arrays.stream(dims).reduce(1, (a, b) -> a * b);
    }

    private static double millisSince(long nanoTime) {
        return (System.nanoTime() - nanoTime) / 1e6;
    }

    /** A line of the kernel's account of this process. */
    private static String memory(String name) throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith(name + ":"))
                .map(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024 + " MB")
                .findFirst()
                .orElseThrow();
    }
}
