package dev.millrace.quantization;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.Outputs;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.engine.ValueSpec;
import dev.millrace.engine.data.Dataset;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.ValueInfo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
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
    private static final long BATCH_ELEMENTS = 1 << 15;
    private static final int LARGEST_BATCH = 32;

    /** Larger tensors are counted in part, every k-th value; the range is exact all the same. */
    private static final int COUNTED_VALUES = 1 << 16;

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
            return observe(model, new Histograms(tensors), data, progress);
        }
        var extremes = new Extremes(tensors);
        var calibration = observe(model, extremes, data, progress);
        if (extremes.infinite.isEmpty()) {
            return calibration;
        }
        var finite = observe(model, new Histograms(extremes.infinite), data, progress);
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
        var settings = SessionSettings.threads(threads).frugal();
        var references = new ArrayList<Calibration.Reference>();
        long samples = 0;
        try (var session = OrtSession.open(file, settings);
                var dataset = data.open(session.inputs())) {
            long all = dataset.samples();
            long referenceBytes = 0;
            for (var batch : dataset.batches(batchRows(session.inputs()))) {
                boolean keep = references.size() < REFERENCES && referenceBytes < REFERENCE_BYTES;
                var feed = Padding.cut(batch.feed(), session.inputs());
                try (var values = session.run(feed, wanted(observer.names(), keep ? outputs : List.of()))) {
                    observer.see(values);
                    if (keep) {
                        var reference = reference(feed, values, outputs);
                        references.add(reference);
                        referenceBytes += bytes(reference);
                    }
                }
                samples += batch.rows();
                progress.accept(Math.min(1, samples / (double) Math.max(1, all)));
            }
        }
        if (samples == 0) {
            throw new RefusedException("NO_CALIBRATION_DATA", "data calibration", "0 samples", "at least 1");
        }
        return new Calibration(observer.ranges(), samples, references);
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

    private static long bytes(Calibration.Reference reference) {
        return reference.feed().values().stream()
                        .mapToLong(value -> value.bytes().remaining())
                        .sum()
                + reference.outputs().values().stream()
                        .mapToLong(value -> value.bytes().remaining())
                        .sum();
    }

    /** What is looked at while running. */
    private interface Observer {
        /** Lets the values come out of the model. */
        void prepare(Model model);

        /** Outputs to ask for. */
        Collection<String> names();

        void see(Outputs values);

        Map<String, Range> ranges();
    }

    private final class Histograms implements Observer {
        private final Map<String, Histogram> histograms = new LinkedHashMap<>();
        private float[] buffer = new float[0];

        Histograms(Collection<String> tensors) {
            tensors.forEach(tensor -> histograms.put(tensor, new Histogram()));
        }

        @Override
        public void prepare(Model model) {
            var graph = model.graph();
            histograms.keySet().stream()
                    .filter(tensor -> !graph.isOutput(tensor))
                    .forEach(tensor -> graph.addOutput(ValueInfo.untyped(tensor)));
        }

        @Override
        public Collection<String> names() {
            return histograms.keySet();
        }

        @Override
        public void see(Outputs values) {
            histograms.forEach((tensor, histogram) -> {
                var floats = values.get(tensor).floats();
                int length = floats.remaining();
                if (buffer.length < length) {
                    buffer = new float[length];
                }
                floats.get(buffer, 0, length);
                histogram.add(buffer, length, 1 + length / COUNTED_VALUES);
            });
        }

        @Override
        public Map<String, Range> ranges() {
            var ranges = new HashMap<String, Range>();
            histograms.forEach((tensor, histogram) -> {
                if (!histogram.isEmpty()) {
                    ranges.put(tensor, method.choose(histogram, percentile));
                }
            });
            return ranges;
        }
    }

    private static final class Extremes implements Observer {
        private static final String LEAST = "/least";
        private static final String MOST = "/most";

        private final Collection<String> tensors;
        private final List<String> names = new ArrayList<>();
        private final Map<String, Range> ranges = new HashMap<>();

        /** Tensors in which something stands for −∞: they need a second look. */
        private final LinkedHashSet<String> infinite = new LinkedHashSet<>();

        Extremes(Collection<String> tensors) {
            this.tensors = tensors;
        }

        @Override
        public void prepare(Model model) {
            var graph = model.graph();
            for (var tensor : tensors) {
                reduce(model, "ReduceMin", tensor, tensor + LEAST);
                reduce(model, "ReduceMax", tensor, tensor + MOST);
                graph.addOutput(ValueInfo.tensor(tensor + LEAST, DataType.FLOAT, new long[0]));
                graph.addOutput(ValueInfo.tensor(tensor + MOST, DataType.FLOAT, new long[0]));
                names.add(tensor + LEAST);
                names.add(tensor + MOST);
            }
        }

        private static void reduce(Model model, String type, String tensor, String output) {
            model.graph().add(Node.of(type, output, List.of(tensor), List.of(output), Attribute.of("keepdims", 0)));
        }

        @Override
        public Collection<String> names() {
            return names;
        }

        @Override
        public void see(Outputs values) {
            for (var tensor : tensors) {
                float least = (float) values.get(tensor + LEAST).number(0);
                float most = (float) values.get(tensor + MOST).number(0);
                if (least <= Histogram.MINUS_INFINITY || most >= -Histogram.MINUS_INFINITY) {
                    infinite.add(tensor);
                } else if (least <= most) {
                    ranges.merge(tensor, new Range(least, most), Range::union);
                }
            }
        }

        @Override
        public Map<String, Range> ranges() {
            return ranges;
        }
    }
}
