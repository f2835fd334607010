package dev.millrace.evaluation;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.data.Batch;
import dev.millrace.engine.data.Dataset;
import dev.millrace.engine.data.MadeUpFeeds;
import dev.millrace.message.RefusedException;
import dev.millrace.stage.LocalData;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the models are run on: the data, or made-up values where there is none. */
final class Inputs implements Closeable {
    private final @Nullable Dataset data;
    private final List<Batch> generated;
    private final int rows;

    private Inputs(@Nullable Dataset data, List<Batch> generated, int rows) {
        this.data = data;
        this.generated = generated;
        this.rows = rows;
    }

    /** @param model what made-up values are tried on */
    static Inputs open(@Nullable LocalData data, OrtSession model, int rows) throws IOException {
        return data == null
                ? new Inputs(null, MadeUpFeeds.of(model, rows), rows)
                : new Inputs(Dataset.open(data.path(), data.format(), data.options(), model.inputs()), List.of(), rows);
    }

    boolean generated() {
        return data == null;
    }

    Iterable<Batch> batches() {
        return data == null ? generated : data.batches(rows);
    }

    /** @throws RefusedException if there is none */
    Batch first() {
        var batches = batches().iterator();
        if (!batches.hasNext()) {
            throw new RefusedException("DATA_MISSING", "evaluation data", "no sample", "at least one");
        }
        return batches.next();
    }

    /** Number of samples that {@link #batches()} will give, for progress; may read through the data. */
    long samples() throws IOException {
        return data == null ? generated.size() : data.samples();
    }

    @Override
    public void close() throws IOException {
        if (data != null) {
            data.close();
        }
    }
}
