package dev.millrace.quantization;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.Outputs;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.engine.ValueSpec;
import dev.millrace.engine.data.Dataset;
import dev.millrace.engine.data.Padding;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ValueInfo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.DoubleConsumer;

/**
 * Runs a model on data and chooses a range for each tensor, in one pass and in memory that does not grow with the data.
 *
 * <p>For the smallest and largest value ONNX Runtime reduces each tensor where it is made, so nothing but two numbers comes
 * out; the other methods fill a histogram of fixed size per tensor. Padding is cut off before running ({@link Padding}),
 * values that stand for −∞ are left out ({@link Histogram#MINUS_INFINITY}).
 */
final class Calibrator {
    private static final int REFERENCES = 16;
    private static final long REFERENCE_BYTES = 32L << 20;

    /** Feeds lie in native memory, which only a collection gives back; the heap alone would not ask for one in time. */
    private static final long MOST_GARBAGE_BYTES = 32L << 20;

    private static final long BATCH_ELEMENTS = 1 << 15;
    private static final int LARGEST_BATCH = 32;

    private final RangeMethod method;
    private final double percentile;
    private final int threads;
    private final Path directory;

    /** @param directory for a temporary copy of the model */
    Calibrator(RangeMethod method, double percentile, int threads, Path directory) {
        this.method = method;
        this.percentile = percentile;
        this.threads = threads;
        this.directory = directory;
    }

    /** Opens the data for the inputs that a session names. */
    interface Data {
        Dataset open(List<ValueSpec> inputs) throws IOException;
    }

    /**
     * Runs all of the data.
     *
     * @param progress is told fractions 0..1
     * @throws RefusedException {@code NO_CALIBRATION_DATA} if the data is empty
     */
    Calibration run(Model model, Collection<String> tensors, Data data, DoubleConsumer progress) throws IOException {
        if (method != RangeMethod.MINMAX) {
            return observe(model, new Histograms(tensors, method, percentile), data, progress);
        }
        var extremes = new Extremes(tensors);
        var calibration = observe(model, extremes, data, progress);
        if (extremes.infinite().isEmpty()) {
            return calibration;
        }
        var finite = observe(model, new Histograms(extremes.infinite(), method, percentile), data, progress);
        var ranges = new HashMap<>(calibration.ranges());
        ranges.putAll(finite.ranges());
        return new Calibration(ranges, calibration.samples(), calibration.references());
    }

    private Calibration observe(Model model, Observer observer, Data data, DoubleConsumer progress) throws IOException {
        var observed = model.copy();
        var outputs = observed.graph().outputs().stream().map(ValueInfo::name).toList();
        observer.prepare(observed);
        var file = directory.resolve("calibration.onnx");
        observed.write(file);
        var references = new ConcurrentSkipListMap<Long, Calibration.Reference>();
        long samples = 0;
        try (var session = OrtSession.open(file, settings());
                var dataset = data.open(session.inputs());
                var parallel = new Parallel(threads)) {
            long all = dataset.samples();
            long garbageBytes = 0;
            long kept = 1;
            for (var batch : dataset.batches(batchRows(session.inputs()))) {
                var feed = Padding.cut(batch.feed(), session.inputs());
                long number = samples;
                if (number == 0) {
                    var first = see(session, feed, observer, outputs);
                    references.put(number, first);
                    kept = batch.rows() * references(first);
                } else if (number < kept) {
                    parallel.run(() -> references.put(number, see(session, feed, observer, outputs)));
                } else {
                    parallel.run(() -> see(session, feed, observer, List.of()));
                }
                samples += batch.rows();
                garbageBytes += bytes(batch.feed());
                if (garbageBytes > MOST_GARBAGE_BYTES) {
                    System.gc();
                    garbageBytes = 0;
                }
                progress.accept(Math.min(1, samples / (double) Math.max(1, all)));
            }
            parallel.await();
        }
        if (samples == 0) {
            throw new RefusedException("NO_CALIBRATION_DATA", "data calibration", "0 samples", "at least 1");
        }
        return new Calibration(observer.ranges(), samples, List.copyOf(references.values()));
    }

    /** A thread for each run. The memory pattern would keep a plan for every length of input. */
    private static SessionSettings settings() {
        return new SessionSettings(1, 1, SessionSettings.Optimization.ALL, true, false, false, null, null);
    }

    /** How many feeds to keep if all are like the first. */
    private static long references(Calibration.Reference first) {
        long size = Math.max(1, bytes(first.feed()) + bytes(first.outputs()));
        return Math.max(1, Math.min(REFERENCES, REFERENCE_BYTES / size));
    }

    /** Runs once; the float outputs asked for are copied. */
    private static Calibration.Reference see(
            OrtSession session, Map<String, Value> feed, Observer observer, List<String> outputs) {
        try (var values = session.run(feed, wanted(observer.names(), outputs))) {
            synchronized (observer) {
                observer.see(values);
            }
            return reference(feed, values, outputs);
        }
    }

    private static Collection<String> wanted(Collection<String> observed, Collection<String> outputs) {
        var wanted = new LinkedHashSet<>(observed);
        wanted.addAll(outputs);
        return wanted;
    }

    /** Small inputs go together, so that calls do not cost more than the work. */
    private static int batchRows(List<ValueSpec> inputs) {
        long elements = 1;
        for (var spec : inputs) {
            long one = 1;
            for (var dim : spec.dims()
                    .subList(Math.min(1, spec.dims().size()), spec.dims().size())) {
                if (!dim.isFixed()) {
                    return 1;
                }
                one *= Math.max(1, dim.size());
            }
            elements += one;
        }
        return (int) Math.min(LARGEST_BATCH, Math.max(1, BATCH_ELEMENTS / elements));
    }

    private static Calibration.Reference reference(Map<String, Value> feed, Outputs values, List<String> outputs) {
        var kept = new LinkedHashMap<String, Value>();
        for (var output : outputs) {
            var value = values.get(output);
            if (value.type() == DataType.FLOAT) {
                kept.put(output, copy(value));
            }
        }
        return new Calibration.Reference(feed, kept);
    }

    private static Value copy(Value value) {
        var bytes = value.bytes();
        var copy = ByteBuffer.allocateDirect(bytes.remaining());
        copy.put(bytes).flip();
        return Value.of(value.type(), value.dims(), copy);
    }

    private static long bytes(Map<String, Value> values) {
        return values.values().stream()
                .mapToLong(value -> value.bytes().remaining())
                .sum();
    }
}
