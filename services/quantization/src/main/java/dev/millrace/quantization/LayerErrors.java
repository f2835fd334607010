package dev.millrace.quantization;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.stage.StageContext;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Which layers add the error that a quantized model shows.
 *
 * <p>Both models run on a few samples with the outputs of all layers visible. What a layer adds is its own relative squared
 * error less that of the layers before it; one run for all layers instead of one for each.
 */
final class LayerErrors {
    private static final int SAMPLES = 2;

    private LayerErrors() {}

    /**
     * What one layer adds.
     *
     * @param before largest relative squared error among the layers that it reads from
     * @param after its own
     */
    record LayerError(Layer layer, double before, double after) {
        double added() {
            return after - before;
        }

        String reason() {
            return String.format(
                    Locale.ROOT,
                    "quantized, the error rises from %.2g to %.2g here",
                    Math.sqrt(before),
                    Math.sqrt(after));
        }
    }

    /** The layers of a placement, the one that adds most error first. */
    static List<LayerError> measure(
            Model model,
            Path quantized,
            List<Layer> layers,
            List<Calibration.Reference> references,
            StageContext context)
            throws IOException {
        var outputs = new LinkedHashMap<String, Layer>();
        layers.forEach(layer -> outputs.put(visible(model.graph(), layer), layer));
        var floatFile = context.workDirectory().resolve("float.onnx");
        model.write(floatFile);
        var settings = SessionSettings.threads(context.threads()).frugal();
        var errors = new HashMap<String, double[]>();
        try (var reference = OrtSession.observing(floatFile, outputs.keySet(), context.workDirectory(), settings);
                var candidate = OrtSession.observing(quantized, outputs.keySet(), context.workDirectory(), settings)) {
            for (var sample : references.subList(0, Math.min(SAMPLES, references.size()))) {
                try (var expected = reference.run(sample.feed(), outputs.keySet());
                        var found = candidate.run(sample.feed(), outputs.keySet())) {
                    for (var output : outputs.keySet()) {
                        var sums = errors.computeIfAbsent(output, name -> new double[2]);
                        var a = expected.get(output).floats();
                        var b = found.get(output).floats();
                        for (int i = 0; i < a.remaining(); i++) {
                            double difference = a.get(i) - b.get(i);
                            sums[0] += difference * difference;
                            sums[1] += a.get(i) * a.get(i);
                        }
                    }
                }
            }
        }
        return ranked(model.graph(), outputs, errors);
    }

    /** A value that both models have: the layer's output, or what a Relu behind it makes. */
    private static String visible(Graph graph, Layer layer) {
        return graph.onlyConsumer(layer.node().output())
                .filter(next -> next.is("Relu") || next.is("Clip"))
                .map(next -> next.output())
                .orElse(layer.node().output());
    }

    private static List<LayerError> ranked(Graph graph, Map<String, Layer> outputs, Map<String, double[]> sums) {
        var relative = new HashMap<String, Double>();
        sums.forEach((output, pair) -> relative.put(output, pair[0] / Math.max(Double.MIN_NORMAL, pair[1])));
        var errors = new ArrayList<LayerError>();
        outputs.forEach((output, layer) -> {
            double before = before(graph, layer.input(), relative, new HashSet<>());
            errors.add(new LayerError(layer, before, relative.getOrDefault(output, 0.0)));
        });
        errors.sort(Comparator.comparingDouble(LayerError::added).reversed());
        return errors;
    }

    /** The largest error among the nearest layers above a value. */
    private static double before(Graph graph, String value, Map<String, Double> relative, Set<String> seen) {
        if (!seen.add(value)) {
            return 0;
        }
        var known = relative.get(value);
        if (known != null) {
            return known;
        }
        return graph.producer(value).stream()
                .flatMap(node -> node.inputs().stream())
                .mapToDouble(input -> before(graph, input, relative, seen))
                .max()
                .orElse(0);
    }
}
