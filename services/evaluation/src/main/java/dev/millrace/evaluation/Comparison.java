package dev.millrace.evaluation;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Shapes;
import dev.millrace.message.Evaluation;
import dev.millrace.message.Measurements;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Macs;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.gate.ModelGate;
import dev.millrace.stage.LocalData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Measures two models side by side: what they give, what they weigh, what they need and how fast they are. */
public final class Comparison {
    /**
     * How to measure.
     *
     * @param seconds time for the latency runs of both models together
     * @param batch rows of a run when latency is measured; a model of fixed batch size gets its own
     * @param threads of a run
     * @param operators whether to time every kind of operator
     */
    public record Settings(double seconds, int batch, int threads, boolean operators) {
        /** Two seconds, batch 1, no operators. */
        public static Settings threads(int threads) {
            return new Settings(2, 1, threads, false);
        }
    }

    /**
     * What came out.
     *
     * @param notes sentences for people
     * @param operators time by kind of operator, the longest first, for {@code baseline} and {@code result}; empty unless
     *     asked for
     */
    public record Report(Evaluation evaluation, List<String> notes, Map<String, List<OperatorTimes.Time>> operators) {}

    /** Hears how far the work is. */
    @FunctionalInterface
    public interface Progress {
        /** @param fraction 0..1 */
        void at(double fraction, String activity);
    }

    private final Settings settings;
    private final Path directory;
    private final Progress progress;

    /** @param directory for temporary files */
    public Comparison(Settings settings, Path directory, Progress progress) {
        this.settings = settings;
        this.directory = directory;
        this.progress = progress;
    }

    /**
     * Compares.
     *
     * @param data what to run the models on; without it, inputs are made up and there is no metric but fidelity
     * @param metric the metric that matters; absent means the most telling one that the data allows
     * @throws dev.millrace.message.RefusedException if a model cannot be loaded or run, the models differ in inputs or
     *     outputs, the data does not fit, or the metric cannot be taken on it
     */
    public Report run(Path baseline, Path result, Optional<LocalData> data, Optional<String> metric)
            throws IOException {
        progress.at(0, "reading models");
        var weightOfBaseline = Weight.of(baseline, ModelGate.open(baseline));
        var weightOfResult = result.equals(baseline) ? weightOfBaseline : Weight.of(result, ModelGate.open(result));
        var ort = SessionSettings.threads(settings.threads());
        Quality quality;
        try (var first = OrtSession.open(baseline, ort);
                var second = OrtSession.open(result, ort);
                var inputs = Inputs.open(data.orElse(null), first, settings.batch())) {
            quality = Quality.measure(first, second, inputs, fraction -> progress.at(0.05 + 0.5 * fraction, "scoring"));
        }
        var chosen = quality.metric(metric.orElse(null));
        quality = quality.with(chosen);
        var feeds = directory.resolve("feeds.bin");
        Feeds.write(feeds, quality.feeds());
        progress.at(0.6, "measuring load time and memory");
        var loadOfBaseline = Probe.load(baseline, feeds, settings.threads());
        var loadOfResult = Probe.load(result, feeds, settings.threads());
        progress.at(0.75, "measuring latency");
        var latencies = Probe.latency(baseline, result, feeds, settings);
        Map<String, List<OperatorTimes.Time>> operators = new HashMap<>();
        if (settings.operators()) {
            progress.at(0.95, "timing operators");
            operators.put("baseline", OperatorTimes.measure(baseline, quality.feeds(), directory, settings.threads()));
            operators.put("result", OperatorTimes.measure(result, quality.feeds(), directory, settings.threads()));
        }
        Files.delete(feeds);
        var macsOfBaseline = macs(baseline, quality);
        var macsOfResult = result.equals(baseline) ? macsOfBaseline : macs(result, quality);
        var evaluation = new Evaluation(
                chosen,
                measurements(
                        quality.baseline(), weightOfBaseline, loadOfBaseline, latencies.baseline(), macsOfBaseline),
                measurements(quality.result(), weightOfResult, loadOfResult, latencies.result(), macsOfResult),
                quality.fidelity(),
                quality.samples());
        progress.at(1, "done");
        return new Report(evaluation, Notes.about(evaluation, quality.generated()), operators);
    }

    /**
     * Multiply-accumulates of one sample; absent where the model holds an operator whose cost is unknown, or cannot run with
     * the values inside it as outputs.
     */
    private @Nullable Long macs(Path model, Quality quality) throws IOException {
        var graph = Model.read(model).graph();
        try {
            var shapes = Shapes.observe(model, quality.feeds().get(0), directory);
            var macs = Macs.of(graph, shapes);
            return macs.isPresent() ? macs.getAsLong() / quality.rowsPerFeed() : null;
        } catch (RefusedException e) {
            return null;
        }
    }

    private static Measurements measurements(
            Map<String, Double> metrics,
            Weight weight,
            Probe.Load load,
            Measurements.Latency latency,
            @Nullable Long macs) {
        return new Measurements(
                metrics,
                weight.sizeBytes(),
                weight.compressedBytes(),
                weight.parameters(),
                weight.nonZeroParameters(),
                macs,
                load.millis(),
                latency,
                load.peakMemoryBytes());
    }
}
