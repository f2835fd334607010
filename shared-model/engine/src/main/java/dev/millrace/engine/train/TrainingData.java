package dev.millrace.engine.train;

import dev.millrace.engine.data.Batch;
import dev.millrace.engine.data.Dataset;
import java.io.IOException;

/** Batches for training, in an order of their own in every epoch. */
public interface TrainingData {
    /** The batches of an epoch; the same for the same number, every time. */
    Iterable<Batch> epoch(long number);

    /** Batches in an epoch. */
    long batches() throws IOException;

    /**
     * A data set in pseudo-random order.
     *
     * @param rows rows of a batch
     * @param seed of the orders
     */
    static TrainingData shuffled(Dataset data, int rows, long seed) {
        return new TrainingData() {
            @Override
            public Iterable<Batch> epoch(long number) {
                return data.shuffled(rows, seed * 0x9E3779B97F4A7C15L + number);
            }

            @Override
            public long batches() throws IOException {
                return (data.samples() + rows - 1) / rows;
            }
        };
    }

    /** A data set in its own order, as validation wants it. */
    static TrainingData inOrder(Dataset data, int rows) {
        return new TrainingData() {
            @Override
            public Iterable<Batch> epoch(long number) {
                return data.batches(rows);
            }

            @Override
            public long batches() throws IOException {
                return (data.samples() + rows - 1) / rows;
            }
        };
    }
}
