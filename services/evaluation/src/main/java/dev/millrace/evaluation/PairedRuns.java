package dev.millrace.evaluation;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.Outputs;
import dev.millrace.engine.Value;
import dev.millrace.engine.data.Batch;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/**
 * Runs two models on the same batches, several batches side by side, which keeps processors busier than several threads
 * inside one operator. Answers come in the order of the data, so that sums over them are the same however many run at once;
 * no more than one batch waits for each that runs.
 *
 * @param names of the first model's outputs to those of the second
 * @param streams batches at a time
 */
record PairedRuns(OrtSession first, OrtSession second, Map<String, String> names, int streams) {
    /** What both models give on a batch, the second's outputs under the first's names. */
    record Answers(Batch batch, Outputs ofFirst, Outputs ofSecond) implements AutoCloseable {
        @Override
        public void close() {
            ofFirst.close();
            ofSecond.close();
        }
    }

    /** Hands the answers to every batch on, and closes them afterwards. */
    void run(Iterable<Batch> batches, Consumer<Answers> taker) throws IOException {
        var threads = Executors.newFixedThreadPool(streams);
        var pending = new ArrayDeque<Future<Answers>>();
        try {
            for (var batch : batches) {
                pending.add(threads.submit(() -> answers(batch)));
                if (pending.size() > streams) {
                    take(pending, taker);
                }
            }
            while (!pending.isEmpty()) {
                take(pending, taker);
            }
        } finally {
            Pending.end(threads);
            closeDone(pending);
        }
    }

    private Answers answers(Batch batch) {
        var ofFirst = first.run(batch.feed());
        try {
            var ofSecond = second.run(Quality.converted(batch.feed(), second.inputs()));
            var renamed = new LinkedHashMap<String, Value>();
            names.forEach((name, other) -> renamed.put(name, ofSecond.get(other)));
            return new Answers(batch, ofFirst, new Outputs(renamed, ofSecond::close));
        } catch (RuntimeException e) {
            ofFirst.close();
            throw e;
        }
    }

    private static void take(ArrayDeque<Future<Answers>> pending, Consumer<Answers> taker) throws IOException {
        try (var answers = Pending.get(pending.remove())) {
            taker.accept(answers);
        }
    }

    private static void closeDone(Iterable<Future<Answers>> left) {
        for (var answers : left) {
            try {
                if (answers.isDone()) {
                    answers.get().close();
                }
            } catch (ExecutionException | InterruptedException e) {
                // whoever waited has heard of the first failure
            }
        }
    }
}
