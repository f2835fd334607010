package dev.millrace.factorization;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.Outputs;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Model;
import dev.millrace.stage.StageContext;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How much an error of one layer changes the outputs of the whole model: the layer alone is rewritten, at a rank that loses
 * about a tenth of its energy, and the model run on a few feeds. Cost: one model written and loaded for each layer.
 */
final class Sensitivity {
    private static final double PROBED_ERROR = 0.1;
    private static final double LEAST = 1e-9;

    private final Model model;
    private final Decomposition decomposition;
    private final Algebra algebra;
    private final Activations seen;
    private final StageContext context;

    Sensitivity(Model model, Decomposition decomposition, Algebra algebra, Activations seen, StageContext context) {
        this.model = model;
        this.decomposition = decomposition;
        this.algebra = algebra;
        this.seen = seen;
        this.context = context;
    }

    /** The same candidates, each weighed by the relative squared error of the outputs for each part of its own error. */
    List<Ranks.Candidate> weigh(List<Ranks.Candidate> candidates) throws IOException {
        var references = references();
        var weighed = new ArrayList<Ranks.Candidate>();
        for (var candidate : candidates) {
            context.progress(0.5 + 0.1 * weighed.size() / candidates.size(), "probing layers");
            var probe = candidate.choices().stream()
                    .filter(choice -> choice.error() > 0)
                    .min(Comparator.comparingDouble(choice -> Math.abs(choice.error() - PROBED_ERROR)));
            double weight = probe.isEmpty()
                    ? LEAST
                    : Math.max(
                            LEAST,
                            error(candidate.layer(), probe.get(), references)
                                    / probe.get().error());
            weighed.add(new Ranks.Candidate(candidate.layer(), candidate.whole(), candidate.choices(), weight));
        }
        return weighed;
    }

    private List<Map<String, Value>> references() throws IOException {
        try (var session = OrtSession.open(context.model(), SessionSettings.threads(context.threads()))) {
            return seen.feeds().stream()
                    .map(feed -> {
                        try (var outputs = session.run(feed)) {
                            return copies(outputs);
                        }
                    })
                    .toList();
        }
    }

    private static Map<String, Value> copies(Outputs outputs) {
        var copies = new LinkedHashMap<String, Value>();
        outputs.values().forEach((name, value) -> {
            if (value.type() == DataType.FLOAT) {
                copies.put(name, value.copy());
            }
        });
        return copies;
    }

    /** {@code ‖y − ŷ‖² / ‖y‖²} over all float outputs and feeds. */
    private double error(Layer layer, Choice choice, List<Map<String, Value>> references) throws IOException {
        var probed = model.copy();
        decomposition.apply(new Layer(probed.graph(), layer.node(), layer.weight()), choice, algebra, seen);
        Path file = context.workDirectory().resolve("probe.onnx");
        probed.write(file);
        double difference = 0;
        double size = 0;
        try (var session = OrtSession.open(file, SessionSettings.threads(context.threads()))) {
            for (int i = 0; i < references.size(); i++) {
                try (var outputs = session.run(seen.feeds().get(i))) {
                    for (var reference : references.get(i).entrySet()) {
                        var expected = reference.getValue().floats();
                        var found = outputs.get(reference.getKey()).floats();
                        for (int k = 0; k < expected.remaining(); k++) {
                            double off = expected.get(k) - found.get(k);
                            difference += off * off;
                            size += (double) expected.get(k) * expected.get(k);
                        }
                    }
                }
            }
        }
        return size == 0 ? 0 : difference / size;
    }
}
