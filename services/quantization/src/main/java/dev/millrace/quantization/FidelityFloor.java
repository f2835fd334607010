package dev.millrace.quantization;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.engine.data.Dataset;
import dev.millrace.onnx.DataType;
import dev.millrace.stage.LocalData;
import dev.millrace.stage.StageContext;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Leaves as many weights as they are as it takes to keep the outputs near those of the task's model. Some weights, as the
 * Fourier bases of audio models, do more harm rounded to 16 bits than all others together.
 *
 * <p>Only if the floor does not hold, every weight is tried alone; errors of different weights are nearly independent, so
 * that their squares nearly add up.
 */
final class FidelityFloor {
    private static final int SAMPLES = 8;
    private static final int MOST_ROUNDS = 4;

    /** Samples times weights when each is tried alone; at least two samples. */
    private static final int RUNS = 64;

    private final StageContext context;
    private final LocalData data;
    private final double floor;
    private final QuantizationReport report;

    /** @param data on which the outputs are compared */
    FidelityFloor(StageContext context, LocalData data, double floor, QuantizationReport report) {
        this.context = context;
        this.data = data;
        this.floor = floor;
        this.report = report;
    }

    /** Writes the model with just these weights compressed. */
    interface Rewrite {
        void write(Collection<String> weights, Path file) throws IOException;
    }

    private record WeightError(String weight, double error) {
        String reason() {
            return String.format(Locale.ROOT, "rounded, it alone moves the outputs by %.2g", error);
        }
    }

    /**
     * Looks for weights that must stay until the floor holds, and leaves the best model found in the file.
     *
     * @param weights all that could be compressed
     * @param file the model with all of them compressed
     * @return the weights that are compressed
     */
    List<String> hold(List<String> weights, Rewrite rewrite, Path file) throws IOException {
        var references = references();
        var fidelity = measure(file, references);
        List<String> chosen = weights;
        if (worst(fidelity) < floor) {
            var errors = errors(weights, rewrite, references);
            double predicted = squares(errors);
            double allowed = predicted * (1 - floor) / Math.max(Double.MIN_NORMAL, 1 - worst(fidelity));
            for (int round = 0; round < MOST_ROUNDS && worst(fidelity) < floor && !errors.isEmpty(); round++) {
                allowed /= 2;
                while (!errors.isEmpty() && squares(errors) > allowed) {
                    var harmful = errors.remove(0);
                    report.left(harmful.weight(), harmful.reason());
                }
                chosen = errors.stream().map(WeightError::weight).toList();
                rewrite.write(chosen, file);
                fidelity = measure(file, references);
            }
        }
        report.fidelity(fidelity, floor);
        return chosen;
    }

    /** The first samples and what the model answers. */
    private List<Calibration.Reference> references() throws IOException {
        var references = new ArrayList<Calibration.Reference>();
        try (var session = OrtSession.open(context.model(), settings());
                var samples = Dataset.open(data.path(), data.format(), data.options(), session.inputs())) {
            for (var batch : samples.batches(1)) {
                try (var answers = session.run(batch.feed())) {
                    var outputs = new LinkedHashMap<String, Value>();
                    answers.values().forEach((name, value) -> {
                        if (value.type() == DataType.FLOAT) {
                            outputs.put(name, copy(value));
                        }
                    });
                    references.add(new Calibration.Reference(Map.copyOf(batch.feed()), outputs));
                }
                if (references.size() == SAMPLES) {
                    break;
                }
            }
        }
        return references;
    }

    private static Value copy(Value value) {
        var bytes = value.bytes();
        return Value.of(
                value.type(),
                value.dims(),
                ByteBuffer.allocateDirect(bytes.remaining()).put(bytes).flip());
    }

    private SessionSettings settings() {
        return SessionSettings.threads(context.threads()).frugal();
    }

    private List<Fidelity> measure(Path file, List<Calibration.Reference> references) throws IOException {
        try (var session = OrtSession.open(file, settings())) {
            return Fidelity.measure(session, references);
        }
    }

    private static double worst(List<Fidelity> fidelity) {
        return fidelity.stream().mapToDouble(Fidelity::cosine).min().orElse(1);
    }

    /** Of each weight alone, the worst first. */
    private List<WeightError> errors(List<String> weights, Rewrite rewrite, List<Calibration.Reference> references)
            throws IOException {
        var few = references.subList(0, Math.min(references.size(), Math.max(2, RUNS / weights.size())));
        var trial = context.workDirectory().resolve("trial.onnx");
        var errors = new ArrayList<WeightError>();
        for (int i = 0; i < weights.size(); i++) {
            context.progress(0.2 + 0.7 * i / weights.size(), "looking for the weights that do most harm");
            rewrite.write(List.of(weights.get(i)), trial);
            double error = measure(trial, few).stream()
                    .mapToDouble(Fidelity::relativeError)
                    .max()
                    .orElse(0);
            errors.add(new WeightError(weights.get(i), error));
        }
        Files.delete(trial);
        errors.sort(Comparator.comparingDouble(WeightError::error).reversed());
        return errors;
    }

    private static double squares(List<WeightError> errors) {
        return errors.stream().mapToDouble(each -> each.error() * each.error()).sum();
    }
}
