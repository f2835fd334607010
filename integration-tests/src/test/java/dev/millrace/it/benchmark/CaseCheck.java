package dev.millrace.it.benchmark;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.engine.data.Batch;
import dev.millrace.engine.data.Dataset;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Measures the result of a case and compares it with what is expected; collects everything that is wrong. */
final class CaseCheck {
    private final CaseExpectation expected;
    private final Path originalFile;
    private final Path resultFile;
    private final Graph original;
    private final Graph result;
    private final List<String> figures = new ArrayList<>();
    private final List<String> faults = new ArrayList<>();

    CaseCheck(CaseExpectation expected, Path originalFile, Path resultFile) throws IOException {
        this.expected = expected;
        this.originalFile = originalFile;
        this.resultFile = resultFile;
        original = Model.read(originalFile).graph();
        result = Model.read(resultFile).graph();
    }

    /** What was measured, for the line of a case that is right. */
    String figures() {
        return String.join(", ", figures);
    }

    List<String> faults() {
        return List.copyOf(faults);
    }

    /** All checks of the files. */
    CaseCheck files() throws IOException {
        require("inputs", original.requiredInputs().equals(result.requiredInputs()), result.requiredInputs());
        require("outputs", original.outputs().equals(result.outputs()), result.outputs());
        if (expected.maxBytes() != null) {
            atMost("bytes", Files.size(resultFile) / (double) Files.size(originalFile), expected.maxBytes());
        }
        if (expected.maxParams() != null) {
            atMost("parameters", elements(result, true) / (double) elements(original, true), expected.maxParams());
        }
        if (expected.minInts() != null) {
            long integers = elements(result, false);
            require("elements of 8 bits or fewer", integers >= expected.minInts(), integers);
        }
        if (expected.maxFloats() != null) {
            long floats = elements(result, true);
            require("float elements", floats <= expected.maxFloats(), floats);
        }
        for (var name : expected.keepFloat()) {
            boolean kept = original.initializer(name).equals(result.initializer(name));
            require("'" + name + "' bit for bit", kept, result.initializer(name));
        }
        if (expected.goodScales()) {
            result.graphs().forEach(this::scales);
        }
        for (var entry : expected.mask().entrySet()) {
            long zeros = zeros(result.constant(entry.getKey()).orElseThrow());
            long elements = original.initializer(entry.getKey()).orElseThrow().elements();
            require("zeros of " + entry.getKey(), zeros == Math.round(entry.getValue() * elements), zeros);
        }
        return this;
    }

    private static long elements(Graph graph, boolean floats) {
        return graph.graphs()
                .flatMap(each -> Stream.concat(
                        each.initializers().stream(),
                        each.sparseInitializers().stream().map(sparse -> sparse.values())))
                .filter(tensor ->
                        floats ? tensor.type().isFloatingPoint() : tensor.type().bits() <= Byte.SIZE)
                .mapToLong(Tensor::elements)
                .sum();
    }

    private static long zeros(Tensor tensor) {
        long zeros = 0;
        for (float value : tensor.floats()) {
            zeros += value == 0 ? 1 : 0;
        }
        return zeros;
    }

    private void scales(Graph graph) {
        graph.nodes().stream()
                .flatMap(node -> scaleOf(node).flatMap(graph::constant).stream())
                .forEach(scale -> {
                    for (float value : scale.floats()) {
                        float magnitude = Math.abs(value);
                        boolean normal = magnitude >= Float.MIN_NORMAL && magnitude <= Float.MAX_VALUE;
                        require("scale '" + scale.name() + "' a normal number", normal, value);
                    }
                });
    }

    private static Optional<String> scaleOf(Node node) {
        return switch (node.opType()) {
            case "QuantizeLinear", "DequantizeLinear" -> Optional.of(node.input(1));
            case "MatMulNBits", "GatherBlockQuantized" -> Optional.of(node.input(2));
            default -> Optional.empty();
        };
    }

    /**
     * Runs original and result on all data.
     *
     * @param reference what the result should compute: the original, or the original with its mask
     * @return rows fed
     */
    long outputs(Path reference, Path data) throws IOException {
        long rows = 0;
        var sums = new TreeMap<String, double[]>();
        try (var first = OrtSession.open(reference, SessionSettings.threads(1));
                var second = OrtSession.open(resultFile, SessionSettings.threads(1));
                var samples = Dataset.open(data, null, Map.of(), first.inputs())) {
            for (Batch batch : samples.batches(1)) {
                rows += batch.rows();
                try (var answers = first.run(batch.feed());
                        var found = second.run(batch.feed())) {
                    for (var output : answers.names()) {
                        add(
                                sums.computeIfAbsent(output, name -> new double[2]),
                                answers.get(output),
                                found.get(output));
                    }
                }
            }
        }
        sums.forEach((output, sum) -> {
            double error = Math.sqrt(sum[0] / Math.max(Double.MIN_NORMAL, sum[1]));
            require("'" + output + "' finite", Double.isFinite(error), error);
            atMost("error of " + output, error, expected.maxError());
        });
        return rows;
    }

    private static void add(double[] sum, Value answer, Value found) {
        var a = answer.floats();
        var b = found.floats();
        for (int i = 0; i < a.remaining(); i++) {
            double difference = a.get(i) - b.get(i);
            sum[0] += difference * difference;
            sum[1] += a.get(i) * a.get(i);
        }
    }

    /** The original with the smallest share of each masked weight set to zero. */
    static Path masked(Path original, Map<String, Double> mask, Path directory) throws IOException {
        if (mask.isEmpty()) {
            return original;
        }
        var model = Model.read(original);
        mask.forEach((name, share) -> {
            var weight = model.graph().initializer(name).orElseThrow();
            var values = weight.floats();
            var magnitudes = values.clone();
            for (int i = 0; i < magnitudes.length; i++) {
                magnitudes[i] = Math.abs(magnitudes[i]);
            }
            Arrays.sort(magnitudes);
            float threshold = magnitudes[(int) Math.round(share * values.length)];
            for (int i = 0; i < values.length; i++) {
                values[i] = Math.abs(values[i]) < threshold ? 0 : values[i];
            }
            model.graph().put(weight.withFloats(values));
        });
        var file = directory.resolve("masked.onnx");
        model.write(file);
        return file;
    }

    void atMost(String what, double found, double limit) {
        figures.add(String.format(Locale.ROOT, "%s %.3g ≤ %.3g", what, found, limit));
        if (!(found <= limit)) {
            faults.add(String.format(Locale.ROOT, "%s is %.3g, at most %.3g", what, found, limit));
        }
    }

    void require(String what, boolean met, Object found) {
        if (!met) {
            faults.add(what + ": found " + Objects.toString(found));
        }
    }
}
