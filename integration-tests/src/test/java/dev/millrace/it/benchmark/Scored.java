package dev.millrace.it.benchmark;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.data.Dataset;
import dev.millrace.engine.metric.TaskMetrics;
import dev.millrace.stage.LocalData;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;

/** Labelled data to train by, and other data to score models with. */
interface Scored {
    /** The first of the training data. */
    LocalData training(int limit) throws IOException;

    LocalData test();

    /** Fraction of right answers on the test data, by ONNX Runtime. */
    default double top1(Path model) throws IOException {
        var metrics = new TaskMetrics();
        var data = test();
        try (var session = OrtSession.open(model, SessionSettings.threads(1));
                var test = Dataset.open(data.path(), data.format(), data.options(), session.inputs())) {
            for (var batch : test.batches(500)) {
                try (var outputs = session.run(batch.feed())) {
                    metrics.add(batch, outputs.values());
                }
            }
        }
        return Objects.requireNonNull(metrics.values().get("top1"));
    }
}
