package dev.millrace.compilation;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.Outputs;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.engine.ValueSpec;
import dev.millrace.engine.data.Batch;
import dev.millrace.engine.data.Dataset;
import dev.millrace.engine.data.MadeUpFeeds;
import dev.millrace.message.RefusedException;
import dev.millrace.stage.LocalData;
import dev.millrace.stage.StageContext;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Runs the task's model and a result side by side: on its data where there is some, else on made-up values. ONNX Runtime
 * rewrites neither of them, because what it does at load may move answers as well.
 */
final class SameAnswers {
    private static final int SAMPLES = 8;

    private final StageContext context;

    SameAnswers(StageContext context) {
        this.context = context;
    }

    /**
     * How far a result is from the task's model.
     *
     * @return largest {@code |a − b| / |a|} of an output of a sample; infinite where types or shapes differ
     * @throws RefusedException if the task's model does not run on the data
     */
    double largestDifference(Path result) throws IOException {
        var settings = SessionSettings.threads(context.threads()).optimization(SessionSettings.Optimization.NONE);
        try (var before = OrtSession.open(context.model(), settings);
                var after = OrtSession.open(result, settings);
                var data = data(before)) {
            double largest = 0;
            int samples = 0;
            for (var batch : data == null ? MadeUpFeeds.of(before, 1) : data.batches(1)) {
                largest = Math.max(largest, difference(before, after, batch));
                if (++samples == SAMPLES) {
                    break;
                }
            }
            return largest;
        }
    }

    private @Nullable Dataset data(OrtSession model) throws IOException {
        Optional<LocalData> found = Stream.of("evaluation", "validation", "calibration", "training")
                .map(context::data)
                .flatMap(Optional::stream)
                .findFirst();
        return found.isEmpty()
                ? null
                : Dataset.open(
                        found.get().path(), found.get().format(), found.get().options(), model.inputs());
    }

    private static double difference(OrtSession before, OrtSession after, Batch batch) {
        try (Outputs expected = before.run(batch.feed());
                Outputs found = after.run(kept(batch.feed(), after))) {
            double largest = 0;
            for (var name : expected.names()) {
                largest = Math.max(largest, difference(expected.get(name), found.get(name)));
            }
            return largest;
        }
    }

    /** An input that nothing reads may be gone. */
    private static Map<String, Value> kept(Map<String, Value> feed, OrtSession session) {
        List<String> names = session.inputs().stream().map(ValueSpec::name).toList();
        var kept = new HashMap<>(feed);
        kept.keySet().retainAll(names);
        return kept;
    }

    private static double difference(Value expected, Value found) {
        if (expected.type() != found.type() || !Arrays.equals(expected.dims(), found.dims())) {
            return Double.POSITIVE_INFINITY;
        }
        double size = 0;
        double error = 0;
        for (int i = 0; i < expected.size(); i++) {
            double a = expected.number(i);
            double b = found.number(i);
            if (Double.isFinite(a) && Double.isFinite(b)) {
                size += a * a;
                error += (a - b) * (a - b);
            } else if (Double.compare(a, b) != 0) {
                return Double.POSITIVE_INFINITY;
            }
        }
        return Math.sqrt(error / Math.max(Double.MIN_NORMAL, size));
    }
}
