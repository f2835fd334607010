package dev.millrace.training;

import dev.millrace.engine.data.Batch;
import dev.millrace.engine.train.TrainingData;
import java.io.IOException;
import java.util.Iterator;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** A batch of one set and one of another in turn, until one of them has no more. */
record Turns(TrainingData first, TrainingData second) implements TrainingData {
    @Override
    public Iterable<Batch> epoch(long number) {
        return () -> {
            Iterator<Batch> others = second.epoch(number).iterator();
            return StreamSupport.stream(first.epoch(number).spliterator(), false)
                    .takeWhile(batch -> others.hasNext())
                    .flatMap(batch -> Stream.of(batch, others.next()))
                    .iterator();
        };
    }

    @Override
    public long batches() throws IOException {
        return 2 * Math.min(first.batches(), second.batches());
    }
}
