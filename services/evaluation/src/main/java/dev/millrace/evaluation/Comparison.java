package dev.millrace.evaluation;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.message.Evaluation;
import dev.millrace.message.Measurements;
import dev.millrace.onnx.gate.ModelGate;
import dev.millrace.stage.LocalData;
import dev.millrace.stage.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;

/** Measures two models side by side: what they give, what they weigh, what they need and how fast they are. */
public final class Comparison {
    /**
     * How to measure.
     *
     * @param seconds time for the latency runs of both models together
     * @param batch rows of a run when latency is measured; a model of fixed batch size gets its own
     * @param threads of a run
     * @param operators whether to time every kind of operator
     * @param packing whether and how to see what the models pack to
     */
    record Settings(double seconds, int batch, int threads, boolean operators, Compare.Packing packing) {}

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

    /** Each takes the memory of a run. */
    private static final int MOST_STREAMS = 4;

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
        var gatedBaseline = ModelGate.open(baseline);
        var gatedResult = ModelGate.open(result);
        var packing = settings.packing();
        int streams = Math.min(settings.threads(), MOST_STREAMS);
        var ort = SessionSettings.threads(settings.threads() / streams);
        var background = Executors.newSingleThreadExecutor();
        Quality quality;
        Facts ofBaseline;
        Facts ofResult;
        try (var first = OrtSession.open(baseline, ort);
                var second = OrtSession.open(result, ort);
                var inputs = Inputs.open(data.orElse(null), first, settings.batch())) {
            var sample = inputs.first();
            var lookingAtBaseline =
                    background.submit(() -> Facts.of(baseline, gatedBaseline, sample, packing, directory));
            var lookingAtResult = result.equals(baseline)
                    ? lookingAtBaseline
                    : background.submit(() -> Facts.of(result, gatedResult, sample, packing, directory));
            quality = Quality.measure(
                    first, second, inputs, streams, fraction -> progress.at(0.05 + 0.5 * fraction, "scoring"));
            ofBaseline = Pending.get(lookingAtBaseline);
            ofResult = Pending.get(lookingAtResult);
        } finally {
            Pending.end(background);
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
        var evaluation = new Evaluation(
                chosen,
                measurements(quality.baseline(), ofBaseline, loadOfBaseline, latencies.baseline()),
                measurements(quality.result(), ofResult, loadOfResult, latencies.result()),
                quality.fidelity(),
                quality.samples());
        progress.at(1, "done");
        var notes = new ArrayList<>(Notes.about(evaluation, quality.generated()));
        Notes.elsewhere(gatedResult.metadata(), Target.here("this machine", settings.threads(), OrtSession.version()))
                .ifPresent(notes::add);
        return new Report(evaluation, notes, operators);
    }

    private static Measurements measurements(
            Map<String, Double> metrics, Facts facts, Probe.Load load, Measurements.Latency latency) {
        var weight = facts.weight();
        return new Measurements(
                metrics,
                weight.sizeBytes(),
                weight.compressedBytes(),
                weight.parameters(),
                weight.nonZeroParameters(),
                facts.macs(),
                load.millis(),
                latency,
                load.peakMemoryBytes(),
                facts.packedBytes());
    }
}
