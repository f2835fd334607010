package dev.millrace.engine.metric;

import dev.millrace.engine.Value;
import dev.millrace.engine.data.Batch;
import java.util.Map;

/** Figures about one model on labelled data, gathered batch by batch. */
interface Metric {
    /** Whether the data and the model's outputs are such that this metric says something. */
    boolean applies(Batch batch, Map<String, Value> outputs);

    /** @param outputs of the model on the batch's feed; rows behind {@link Batch#rows()} do not count */
    void add(Batch batch, Map<String, Value> outputs);

    /** Name to figure, the most telling first; empty before anything was added. */
    Map<String, Double> values();
}
