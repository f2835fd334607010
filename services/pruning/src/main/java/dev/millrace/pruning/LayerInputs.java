package dev.millrace.pruning;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.engine.data.Batch;
import dev.millrace.engine.data.Dataset;
import dev.millrace.message.RefusedException;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;

/**
 * What layers are fed with when ONNX Runtime runs the model on data: for every weight the {@link Gram} of the vectors that
 * its {@link Matrix} is multiplied with.
 */
final class LayerInputs {
    /** Vectors that are enough for the products of columns, per weight. */
    private static final int VECTORS = 1 << 14;

    private static final int MAX_COLUMNS = 1 << 13;
    private static final int BATCH = 16;

    private final Evidence evidence;
    private final boolean full;
    private final IdentityHashMap<Weight, List<Vectors>> sources = new IdentityHashMap<>();
    private final IdentityHashMap<Weight, Gram> grams = new IdentityHashMap<>();

    private LayerInputs(Evidence evidence, boolean full) {
        this.evidence = evidence;
        this.full = full;
    }

    /**
     * Runs the model over the calibration data, or the training data.
     *
     * @param full whether products of different columns are wanted
     * @return one for every weight whose vectors can be gathered; the others are noted
     * @throws RefusedException {@code MISSING_DATA} if there is neither, {@code DATA_EMPTY}
     */
    static IdentityHashMap<Weight, Gram> of(Evidence evidence, boolean full) throws IOException {
        var inputs = new LayerInputs(evidence, full);
        evidence.weights().forEach(inputs::register);
        inputs.run();
        return inputs.grams;
    }

    private void register(Weight weight) {
        var matrix = Matrix.of(weight);
        var found = new ArrayList<Vectors>();
        for (var use : weight.uses()) {
            Vectors.of(weight, use).ifPresent(found::add);
        }
        if (found.size() < weight.uses().size() || (full && matrix.columns() > MAX_COLUMNS)) {
            evidence.sources()
                    .notes()
                    .add("%s is pruned by magnitude: the vectors it is multiplied with cannot be gathered."
                            .formatted(weight.tensor()));
        } else {
            sources.put(weight, found);
            grams.put(weight, new Gram(matrix.groups(), matrix.columns(), full));
        }
    }

    private void run() throws IOException {
        var context = evidence.context();
        var data = context.data("calibration")
                .or(() -> context.data("training"))
                .orElseThrow(() -> new RefusedException(
                        "MISSING_DATA", "data", "neither calibration nor training data", "calibration"));
        var values = new TreeSet<String>();
        sources.values().forEach(all -> all.forEach(each -> values.add(each.value())));
        values.removeIf(value -> evidence.model().graph().producer(value).isEmpty());
        var file = Files.createTempFile(context.workDirectory(), "observed", ".onnx");
        evidence.model().write(file);
        var settings = SessionSettings.threads(context.threads());
        try (var session = OrtSession.observing(file, values, context.workDirectory(), settings);
                var samples = Dataset.open(data.path(), data.format(), data.options(), session.inputs())) {
            long rows = 0;
            var first = session.inputs().get(0).dims();
            int size = !first.isEmpty() && first.get(0).isFixed()
                    ? (int) first.get(0).size()
                    : BATCH;
            for (var batches = samples.batches(size).iterator();
                    batches.hasNext() && rows < evidence.sources().samples(); ) {
                rows += add(session, batches.next(), List.copyOf(values));
            }
            if (rows == 0) {
                throw new RefusedException("DATA_EMPTY", String.valueOf(data.path()), "no sample", "at least one");
            }
        } finally {
            Files.delete(file);
        }
    }

    private int add(OrtSession session, Batch batch, List<String> values) {
        try (var outputs = session.run(batch.feed(), values)) {
            Map<String, Value> seen = new HashMap<>(batch.feed());
            seen.putAll(outputs.values());
            long enough = Math.max(
                    1, (long) VECTORS * batch.rows() / evidence.sources().samples());
            sources.forEach((weight, all) -> {
                var gram = Objects.requireNonNull(grams.get(weight));
                for (var each : all) {
                    var input = Objects.requireNonNull(seen.get(each.value()), each.value());
                    int every = full ? (int) Math.max(1, each.count(input) / enough) : 1;
                    each.add(input, gram, every);
                }
            });
            return batch.rows();
        }
    }
}
