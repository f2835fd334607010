package dev.millrace.pruning.structured;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.engine.data.Dataset;
import dev.millrace.message.RefusedException;
import dev.millrace.stage.LocalData;
import dev.millrace.stage.StageContext;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** A model run on calibration data, or where there is none on training data, and what shows inside. */
final class Samples implements Closeable {
    private static final int BATCH = 16;

    private final OrtSession session;
    private final Dataset dataset;
    private final List<String> values;
    private final LocalData data;

    private Samples(OrtSession session, Dataset dataset, List<String> values, LocalData data) {
        this.session = session;
        this.dataset = dataset;
        this.values = values;
        this.data = data;
    }

    /** The data that there is to look at. */
    static Optional<LocalData> data(StageContext context) {
        return context.data("calibration").or(() -> context.data("training"));
    }

    /** The first sample of the calibration or training data; without data, zeros, symbolic dims 1. */
    static Map<String, Value> first(Path model, StageContext context) throws IOException {
        try (var session = OrtSession.open(model, SessionSettings.threads(1))) {
            var data = data(context);
            if (data.isPresent()) {
                try (var samples = Dataset.open(
                        data.get().path(), data.get().format(), data.get().options(), session.inputs())) {
                    var feed = new LinkedHashMap<String, Value>();
                    samples.batches(1).iterator().next().feed().forEach((name, value) -> feed.put(name, value.copy()));
                    return feed;
                }
            }
            var feed = new LinkedHashMap<String, Value>();
            session.inputs().forEach(input -> feed.put(input.name(), Value.zeros(input.type(), input.shape(1))));
            return feed;
        }
    }

    /**
     * Opens a model and the data for it.
     *
     * @param values made by its nodes, to be seen
     * @throws RefusedException {@code MISSING_DATA}
     */
    static Samples of(Path model, Collection<String> values, StageContext context) throws IOException {
        var data = data(context)
                .orElseThrow(() -> new RefusedException(
                        "MISSING_DATA", "data", "neither calibration nor training data", "calibration"));
        var session = OrtSession.observing(
                model, values, context.workDirectory(), SessionSettings.threads(context.threads()));
        try {
            var dataset = Dataset.open(data.path(), data.format(), data.options(), session.inputs());
            return new Samples(session, dataset, List.copyOf(values), data);
        } catch (IOException | RuntimeException e) {
            session.close();
            throw e;
        }
    }

    /**
     * Runs batch after batch.
     *
     * @param rows at most, rounded up to whole batches
     * @param action takes what was fed and what was seen, valid during the call
     * @throws RefusedException {@code DATA_EMPTY}
     */
    void forEach(int rows, Consumer<Map<String, Value>> action) {
        var first = session.inputs().get(0).dims();
        boolean fixed = !first.isEmpty() && first.get(0).isFixed();
        int seen = 0;
        for (var batches = dataset.batchesByLength(fixed ? (int) first.get(0).size() : BATCH, rows)
                        .iterator();
                batches.hasNext() && seen < rows; ) {
            var batch = batches.next();
            try (var outputs = session.run(batch.feed(), values)) {
                var shown = new HashMap<>(batch.feed());
                shown.putAll(outputs.values());
                action.accept(shown);
            }
            seen += batch.rows();
        }
        if (seen == 0) {
            throw new RefusedException("DATA_EMPTY", String.valueOf(data.path()), "no sample", "at least one");
        }
    }

    @Override
    public void close() throws IOException {
        try (session) {
            dataset.close();
        }
    }
}
