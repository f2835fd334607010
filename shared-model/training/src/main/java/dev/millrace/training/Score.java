package dev.millrace.training;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.engine.data.Batch;
import dev.millrace.engine.metric.Fidelity;
import dev.millrace.engine.metric.TaskMetrics;
import dev.millrace.engine.train.TrainingData;
import dev.millrace.stage.StageContext;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How good a model is on data held out from training, run by ONNX Runtime as users run it.
 *
 * @param figures metrics of the labels, and how close the heads are to the teacher's answers; the most telling first
 */
record Score(Map<String, Double> figures) {
    /** Metrics of which less is better. */
    private static final Set<String> LESS_IS_BETTER = Set.of("mse", "relativeError");

    /** @param labels what they are, which says the figure that counts; absent for whichever the metrics tell first */
    static Score of(Path model, List<Head> heads, TrainingData held, @Nullable LabelKind labels, StageContext context)
            throws IOException {
        var metrics = new LabelMetrics(heads.get(0).output(), labels);
        var fidelity = new Fidelity();
        var values = heads.stream().map(Head::value).distinct().toList();
        var settings = SessionSettings.threads(context.threads());
        try (var session = OrtSession.observing(model, values, context.workDirectory(), settings)) {
            var outputs = heads.stream().map(Head::output).toList();
            for (var batch : held.epoch(0)) {
                try (var given = session.run(batch.feed())) {
                    var own = new LinkedHashMap<String, Value>();
                    outputs.forEach(name -> own.put(name, given.get(name)));
                    metrics.add(batch, own);
                    var wanted = new LinkedHashMap<String, Value>();
                    var found = new LinkedHashMap<String, Value>();
                    for (var value : values) {
                        var target = batch.expected().get(Teachers.target(value));
                        if (target != null) {
                            wanted.put(value, target);
                            found.put(value, given.get(value));
                        }
                    }
                    fidelity.add(batch, wanted, found);
                }
            }
        }
        var figures = new LinkedHashMap<>(metrics.values());
        fidelity.values().forEach(figures::putIfAbsent);
        return new Score(figures);
    }

    /** How good the teacher is on the same data; empty without labels. */
    static Score ofTeacher(List<Head> heads, TrainingData held, @Nullable LabelKind labels) {
        var metrics = new LabelMetrics(heads.get(0).output(), labels);
        for (var batch : held.epoch(0)) {
            var answers = new LinkedHashMap<String, Value>();
            for (var head : heads) {
                var target = batch.expected().get(Teachers.target(head.value()));
                if (target != null) {
                    answers.put(head.output(), target);
                }
            }
            metrics.add(batch, answers);
        }
        return new Score(metrics.values());
    }

    /** Metrics of labels, the most telling first. */
    private static final class LabelMetrics {
        private final TaskMetrics metrics = new TaskMetrics();
        private final String output;
        private final @Nullable LabelKind labels;
        private final @Nullable ReadSequences sequences;

        LabelMetrics(String output, @Nullable LabelKind labels) {
            this.output = output;
            this.labels = labels;
            this.sequences = labels instanceof LabelKind.Sequences kind ? new ReadSequences(kind.blank()) : null;
        }

        void add(Batch batch, Map<String, Value> outputs) {
            if (sequences == null) {
                metrics.add(batch, outputs);
            } else if (batch.labels() != null && outputs.containsKey(output)) {
                sequences.add(outputs.get(output), batch.labels());
            }
        }

        Map<String, Double> values() {
            if (sequences != null) {
                return Double.isNaN(sequences.fraction()) ? Map.of() : Map.of("exactSequences", sequences.fraction());
            }
            var measured = metrics.values();
            var figures = new LinkedHashMap<String, Double>();
            if (labels instanceof LabelKind.Numbers && measured.containsKey("mse")) {
                figures.put("mse", measured.get("mse"));
            }
            figures.putAll(measured);
            return figures;
        }
    }

    /** The name of the most telling figure. */
    String metric() {
        return figures.keySet().iterator().next();
    }

    /** Whether the most telling figure of the other is better. */
    boolean isWorseThan(Score other) {
        if (figures.isEmpty() || !other.figures.containsKey(metric())) {
            return false;
        }
        double mine = Objects.requireNonNull(figures.get(metric()));
        double others = Objects.requireNonNull(other.figures.get(metric()));
        return LESS_IS_BETTER.contains(metric()) ? mine > others : mine < others;
    }
}
