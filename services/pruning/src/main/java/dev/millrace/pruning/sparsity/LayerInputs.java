package dev.millrace.pruning.sparsity;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.engine.data.Dataset;
import dev.millrace.engine.moment.Moments;
import dev.millrace.engine.moment.Vectors;
import dev.millrace.message.RefusedException;
import dev.millrace.pruning.weight.InputVectors;
import dev.millrace.pruning.weight.Matrix;
import dev.millrace.pruning.weight.Weight;
import dev.millrace.stage.LocalData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/**
 * What layers are fed with when ONNX Runtime runs the model on data: for every weight the {@link Moments.Moment} of the
 * vectors that its {@link Matrix} is multiplied with, one for each of its groups.
 *
 * <p>Memory: moments of so many bytes at a time as the budget allows, or one that is larger; the model runs once for each such
 * part. Layers that multiply the same vectors share a moment.
 */
final class LayerInputs {
    /** Bytes that moments take together, if nothing else is said. */
    static final long BUDGET = 512L << 20;

    /** Vectors that are enough for the products of columns, per value. */
    private static final long VECTORS = 1 << 14;

    private static final int MAX_COLUMNS = 1 << 13;
    private static final int BATCH = 16;

    private final Evidence evidence;
    private final boolean full;
    private final long budget;

    /**
     * @param full whether products of different columns are wanted
     * @param budget bytes
     */
    LayerInputs(Evidence evidence, boolean full, long budget) {
        this.evidence = evidence;
        this.full = full;
        this.budget = budget;
    }

    /** Takes what was seen of the inputs of a weight. */
    interface Visitor {
        /** @param inputs valid during the call */
        void visit(Weight weight, Moments.Moment inputs);
    }

    /** Weights that are multiplied with the same vectors. */
    private record Layers(List<Weight> weights, Matrix matrix) {
        long bytes(boolean full) {
            return Moments.bytes(matrix.groups(), matrix.columns(), full);
        }
    }

    /**
     * Runs the model over the calibration data, or the training data.
     *
     * @param visitor called for every weight whose vectors can be gathered; the others are noted
     * @throws RefusedException {@code MISSING_DATA} if there is neither, {@code DATA_EMPTY}
     */
    void visit(Visitor visitor) throws IOException {
        var context = evidence.context();
        var data = context.data("calibration")
                .or(() -> context.data("training"))
                .orElseThrow(() -> new RefusedException(
                        "MISSING_DATA", "data", "neither calibration nor training data", "calibration"));
        var file = Files.createTempFile(context.workDirectory(), "observed", ".onnx");
        try {
            evidence.model().write(file);
            for (var part : parts()) {
                visit(part, file, data, visitor);
            }
        } finally {
            Files.delete(file);
        }
    }

    private List<Map<List<Vectors>, Layers>> parts() {
        var parts = new ArrayList<Map<List<Vectors>, Layers>>();
        long bytes = 0;
        for (var each : layers().entrySet()) {
            bytes += each.getValue().bytes(full);
            if (parts.isEmpty() || bytes > budget) {
                parts.add(new LinkedHashMap<>());
                bytes = each.getValue().bytes(full);
            }
            parts.get(parts.size() - 1).put(each.getKey(), each.getValue());
        }
        return parts;
    }

    private Map<List<Vectors>, Layers> layers() {
        var layers = new LinkedHashMap<List<Vectors>, Layers>();
        for (var weight : evidence.weights()) {
            var matrix = Matrix.of(weight);
            var found = weight.uses().stream()
                    .flatMap(use -> InputVectors.of(weight, use).stream())
                    .toList();
            if (found.size() < weight.uses().size() || (full && matrix.columns() > MAX_COLUMNS)) {
                evidence.sources()
                        .notes()
                        .add("%s is pruned by magnitude: the vectors it is multiplied with cannot be gathered."
                                .formatted(weight.tensor()));
            } else {
                layers.computeIfAbsent(found, each -> new Layers(new ArrayList<>(), matrix))
                        .weights()
                        .add(weight);
            }
        }
        return layers;
    }

    private void visit(Map<List<Vectors>, Layers> layers, Path model, LocalData data, Visitor visitor)
            throws IOException {
        var context = evidence.context();
        try (var moments = Moments.open(context.workDirectory(), context.threads())) {
            var gathered = new HashMap<List<Vectors>, Moments.Moment>();
            layers.forEach((vectors, each) -> gathered.put(
                    vectors,
                    moments.moment(each.matrix().groups(), each.matrix().columns(), full)));
            gather(gathered, model, data);
            layers.forEach((vectors, each) -> each.weights()
                    .forEach(weight -> visitor.visit(weight, Objects.requireNonNull(gathered.get(vectors)))));
        }
    }

    private void gather(Map<List<Vectors>, Moments.Moment> moments, Path model, LocalData data) throws IOException {
        var values = new TreeSet<String>();
        moments.keySet().forEach(all -> all.forEach(each -> values.add(each.value())));
        values.removeIf(value -> evidence.model().graph().producer(value).isEmpty());
        var context = evidence.context();
        var settings = SessionSettings.threads(context.threads());
        try (var session = OrtSession.observing(model, values, context.workDirectory(), settings);
                var samples = Dataset.open(data.path(), data.format(), data.options(), session.inputs())) {
            long wanted = evidence.sources().samples();
            long rows = 0;
            var first = session.inputs().get(0).dims();
            int size = !first.isEmpty() && first.get(0).isFixed()
                    ? (int) first.get(0).size()
                    : BATCH;
            for (var batches = samples.batches(size).iterator(); batches.hasNext() && rows < wanted; ) {
                var batch = batches.next();
                long enough = full ? Math.max(1, VECTORS * batch.rows() / wanted) : Long.MAX_VALUE;
                add(moments, session, batch.feed(), values, enough);
                rows += batch.rows();
            }
            if (rows == 0) {
                throw new RefusedException("DATA_EMPTY", String.valueOf(data.path()), "no sample", "at least one");
            }
        }
    }

    private static void add(
            Map<List<Vectors>, Moments.Moment> moments,
            OrtSession session,
            Map<String, Value> feed,
            Set<String> values,
            long enough) {
        try (var outputs = session.run(feed, values)) {
            var seen = new HashMap<>(feed);
            seen.putAll(outputs.values());
            moments.forEach((all, moment) -> all.forEach(
                    each -> moment.add(each, Objects.requireNonNull(seen.get(each.value()), each.value()), enough)));
        }
    }
}
