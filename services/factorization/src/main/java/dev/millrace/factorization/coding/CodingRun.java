package dev.millrace.factorization.coding;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.Latency;
import dev.millrace.factorization.Activations;
import dev.millrace.factorization.Algebra;
import dev.millrace.message.Json;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.edit.ConstantNodes;
import dev.millrace.onnx.edit.NodeGlobs;
import dev.millrace.onnx.gate.ModelGate;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.training.Lesson;
import java.io.IOException;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** One run of a technique that codes weights: look at data, code, train the tables, write, tell. */
final class CodingRun {
    /** Share of the progress that coding gets, where training follows. */
    private static final double CODED = 0.3;

    private final CodingOptions options;
    private final StageContext task;
    private final StageContext context;
    private final Map<String, String> left = new LinkedHashMap<>();
    private final List<String> notes = new ArrayList<>();
    private final Map<String, JsonNode> report = new LinkedHashMap<>();

    CodingRun(CodingOptions options, StageContext context) {
        this.options = options;
        task = context;
        boolean trains = options.recovery().trains(context);
        this.context = trains ? context.part(0, CODED) : context;
    }

    /**
     * Does the work.
     *
     * @throws RefusedException {@code NOTHING_TO_CODE}
     */
    StageResult run(Coding coding) throws IOException {
        var model = ModelGate.open(context.model());
        ConstantNodes.toInitializers(model);
        var weights = weights(model);
        try (var algebra = Algebra.open(context.workDirectory(), context.threads())) {
            var seen = look(model, weights, algebra);
            var codes = coding.code(
                    weights, new Evidence(seen, algebra), done -> context.progress(0.3 + 0.6 * done, "coding weights"));
            codes = mended(model, weights, codes);
            tell(weights, codes);
            for (int i = 0; i < codes.size(); i++) {
                options.storage().write(model.graph(), weights.get(i), codes.get(i));
            }
            var file = context.workDirectory().resolve("model.onnx");
            model.write(file);
            if (!seen.isEmpty()) {
                var latency =
                        Latency.compare(context.model(), file, seen.feeds().get(0), context.threads());
                report.put("latencyMillis", Json.mapper().valueToTree(latency));
            }
            report.put("left", Json.mapper().valueToTree(left));
            report.put("notes", Json.mapper().valueToTree(notes));
            return new StageResult(file, null, report);
        }
    }

    private List<CodableWeight> weights(Model model) {
        var ignored = NodeGlobs.of("ignored", options.ignored(), model);
        var weights = CodableWeight.of(model, ignored, options.minimumElements(), left::put);
        if (weights.isEmpty()) {
            throw new RefusedException(
                    "NOTHING_TO_CODE",
                    String.valueOf(context.model().getFileName()),
                    left.isEmpty() ? "no weight of two axes or more" : left.toString(),
                    "a constant float weight of " + options.minimumElements() + " elements or more");
        }
        return weights;
    }

    private Activations look(Model model, List<CodableWeight> weights, Algebra algebra) throws IOException {
        if (context.data("calibration").isEmpty()) {
            if (options.whiten()) {
                notes.add("Without calibration data, errors of all elements count alike.");
            }
            return Activations.none();
        }
        var wishes = new LinkedHashMap<Activations.Subject, float[]>();
        if (options.whiten()) {
            weights.forEach(weight -> weight.subject().ifPresent(subject -> wishes.put(subject, new float[0])));
        }
        return Activations.of(context.model(), model.graph(), wishes, algebra, context);
    }

    /** The codes with tables that training changed; what else it trained is put into the model. */
    private List<Code> mended(Model model, List<CodableWeight> weights, List<Code> codes) throws IOException {
        if (!options.recovery().trains(task)) {
            return codes;
        }
        var coded = model.copy();
        var decoding = Decoding.trained(coded.graph());
        for (int i = 0; i < codes.size(); i++) {
            decoding.write(in(coded.graph(), weights.get(i)), codes.get(i));
        }
        var file = context.workDirectory().resolve("coded.onnx");
        coded.write(file);
        var mended = options.recovery().mend(file, task, CODED, Lesson.CHECKPOINT_EVERY);
        report.put("recovery", mended.report());
        notes.addAll(mended.notes());
        var trained = Model.read(mended.model()).graph();
        var tables = new IdentityHashMap<Table, Table>();
        decoding.codebooks()
                .forEach((table, name) -> tables.put(
                        table,
                        new Table(
                                table.length(),
                                trained.initializer(name).orElseThrow().floats())));
        for (var tensor : List.copyOf(model.graph().initializers())) {
            trained.initializer(tensor.name()).ifPresent(model.graph()::put);
        }
        return codes.stream()
                .map(code -> code.into(table -> Objects.requireNonNull(tables.get(table))))
                .toList();
    }

    private static CodableWeight in(Graph graph, CodableWeight weight) {
        return new CodableWeight(graph, weight.tensor(), graph.consumers(weight.name()));
    }

    /**
     * One weight.
     *
     * @param entries of each of its tables
     * @param entropyBits what an element takes behind an entropy coder that knows how frequent each index is
     * @param relativeError {@code ‖w − ŵ‖ / ‖w‖}
     */
    record WeightLine(String name, long elements, List<Integer> entries, double entropyBits, double relativeError) {}

    private void tell(List<CodableWeight> weights, List<Code> codes) {
        var lines = new ArrayList<WeightLine>();
        double bits = 0;
        for (int i = 0; i < codes.size(); i++) {
            var code = codes.get(i);
            var weight = weights.get(i);
            bits += code.entropyBits();
            lines.add(new WeightLine(
                    weight.name(),
                    code.elements(),
                    code.terms().stream().map(term -> term.table().entries()).toList(),
                    code.entropyBits() / code.elements(),
                    relativeError(weight.tensor().floats(), code.values())));
        }
        report.put("weights", Json.mapper().valueToTree(lines));
        report.put("entropyBytes", Json.mapper().valueToTree(Math.round(bits / Byte.SIZE)));
    }

    private static double relativeError(float[] weight, float[] coded) {
        double error = 0;
        double size = 0;
        for (int i = 0; i < weight.length; i++) {
            double off = weight[i] - coded[i];
            error += off * off;
            size += (double) weight[i] * weight[i];
        }
        return size == 0 ? 0 : Math.sqrt(error / size);
    }
}
