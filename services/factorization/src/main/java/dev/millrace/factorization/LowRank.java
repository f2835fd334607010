package dev.millrace.factorization;

import dev.millrace.engine.Latency;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.edit.ConstantNodes;
import dev.millrace.onnx.edit.NodeGlobs;
import dev.millrace.onnx.gate.ModelGate;
import dev.millrace.stage.Option;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.training.Lesson;
import dev.millrace.training.Recovery;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;

/** One run of a technique that writes layers as products: look at data, choose ranks, rewrite, tell. */
final class LowRank {
    /** What all of these techniques can be told. */
    record Options(
            @Option(
                    value =
                            "How ranks are chosen: each layer keeps a share of its energy, or all layers together a share of"
                                    + " their weights, multiply-accumulates or measured time.",
                    defaultValue = "\"parameters\"",
                    allowed = "macs and latency need calibration data")
            Ranks ranks,

            @Option(value = "The share that is kept.", defaultValue = "0.6", allowed = "0 < keep < 1")
            double keep,

            @Option(
                    value =
                            "Fit factors to what layers see on calibration data, where there is some, instead of to weights.",
                    defaultValue = "true")
            boolean whiten,

            @Option(
                    value = "Weigh layers by how much their error changes the model's outputs; needs calibration data.",
                    defaultValue = "false")
            boolean sensitivity,

            @Option(
                    value = "Rewrite layers that are measured to become slower too; measured with calibration data.",
                    defaultValue = "false")
            boolean slower,

            @Option(
                    value = "Layers to leave alone, by name, operator type or name of the weight, with * and ?.",
                    defaultValue = "[]",
                    allowed = "each must match something")
            List<String> ignored,

            Recovery recovery) {
        Options {
            if (!(keep > 0 && keep < 1)) {
                throw new IllegalArgumentException("keep=" + keep);
            }
        }
    }

    /** Share of the progress that factorizing gets, where training follows. */
    private static final double FACTORIZED = 0.3;

    private final Decomposition decomposition;
    private final Options options;
    private final StageContext task;
    private final StageContext context;
    private final LowRankReport report = new LowRankReport();

    LowRank(Decomposition decomposition, Options options, StageContext context) {
        this.decomposition = decomposition;
        this.options = options;
        task = context;
        boolean trains = options.recovery().trains(context);
        this.context = trains ? context.part(0, FACTORIZED) : context;
    }

    /**
     * Does the work.
     *
     * @throws RefusedException {@code NOTHING_TO_FACTORIZE}, {@code CALIBRATION_MISSING}
     */
    StageResult run() throws IOException {
        var model = ModelGate.open(context.model());
        ConstantNodes.toInitializers(model);
        var layers = layers(model);
        try (var algebra = Algebra.open(context.workDirectory(), context.threads())) {
            var seen = look(model, layers, algebra);
            var candidates = candidates(layers, algebra, seen);
            var bench = new LayerBench(decomposition, algebra, seen, context, model.opset());
            if (options.ranks() == Ranks.LATENCY) {
                candidates = bench.priced(candidates);
            }
            if (options.sensitivity()) {
                candidates = new Sensitivity(model, decomposition, algebra, seen, context).weigh(candidates);
            }
            var choices = new ArrayList<>(options.ranks().choose(candidates, options.keep()));
            if (!options.slower() && !seen.isEmpty()) {
                leaveSlower(candidates, choices, bench);
            }
            for (int i = 0; i < choices.size(); i++) {
                context.progress(0.7 + 0.2 * i / choices.size(), "rewriting");
                report.chosen(candidates.get(i), choices.get(i));
                if (!choices.get(i).isWhole()) {
                    decomposition.apply(candidates.get(i).layer(), choices.get(i), algebra, seen);
                }
            }
            return write(model, seen);
        }
    }

    private List<Layer> layers(Model model) {
        var ignored = NodeGlobs.of("ignored", options.ignored(), model);
        var layers = new ArrayList<Layer>();
        for (var layer : Layer.of(model, ignored, report::left)) {
            decomposition
                    .obstacle(layer)
                    .ifPresentOrElse(reason -> report.left(layer.node(), reason), () -> layers.add(layer));
        }
        if (layers.isEmpty()) {
            throw new RefusedException(
                    "NOTHING_TO_FACTORIZE",
                    String.valueOf(context.model().getFileName()),
                    report.reasons(),
                    "a layer of its own constant float weight that this technique can split");
        }
        return layers;
    }

    private Activations look(Model model, List<Layer> layers, Algebra algebra) throws IOException {
        if (context.data("calibration").isEmpty()) {
            if (options.sensitivity() || options.ranks().needsData()) {
                throw new RefusedException(
                        "CALIBRATION_MISSING",
                        options.sensitivity() ? "option sensitivity" : "option ranks",
                        (options.sensitivity() ? "true" : options.ranks().name().toLowerCase(Locale.ROOT))
                                + " without calibration data",
                        "calibration data");
            }
            report.note(
                    "Without calibration data, factors fit weights instead of what layers see, and no time was measured.");
            return Activations.none();
        }
        var wishes = new LinkedHashMap<Activations.Subject, float[]>();
        if (options.whiten()) {
            layers.forEach(layer -> wishes.putAll(decomposition.wishes(layer)));
        }
        return Activations.of(context.model(), model.graph(), wishes, algebra, context);
    }

    private List<Ranks.Candidate> candidates(List<Layer> layers, Algebra algebra, Activations seen) {
        var candidates = new ArrayList<Ranks.Candidate>();
        for (int i = 0; i < layers.size(); i++) {
            context.progress(0.3 + 0.2 * i / layers.size(), "decomposing");
            var layer = layers.get(i);
            var cost = Choice.Cost.of(
                    layer.weight().elements(), seen.positions(layer.node().output(), !layer.isConv()));
            candidates.add(new Ranks.Candidate(
                    layer, new Choice(List.of(), 0, cost), decomposition.choices(layer, algebra, seen), 1));
        }
        return candidates;
    }

    /** Measures each layer beside its replacement; equal shapes are measured once. */
    private void leaveSlower(List<Ranks.Candidate> candidates, List<Choice> choices, LayerBench bench)
            throws IOException {
        for (int i = 0; i < choices.size(); i++) {
            context.progress(0.6 + 0.1 * i / choices.size(), "measuring");
            var layer = candidates.get(i).layer();
            if (choices.get(i).isWhole()) {
                continue;
            }
            var latency = bench.compare(layer, choices.get(i));
            if (latency.isPresent() && latency.get().ratio() >= 1) {
                report.slower(layer, choices.get(i), latency.get());
                choices.set(i, candidates.get(i).whole());
            }
        }
    }

    private Path recovered(Path factorized, Activations seen) throws IOException {
        boolean measured = !seen.isEmpty() && (!options.slower() || options.ranks() == Ranks.LATENCY);
        var context = measured ? task.keeping(new Afresh(task.checkpoints())) : task;
        var mended = options.recovery().mend(factorized, context, FACTORIZED, Lesson.CHECKPOINT_EVERY);
        report.recovered(mended);
        return mended.model();
    }

    private StageResult write(Model model, Activations seen) throws IOException {
        model.graph().removeDead();
        Path factorized = context.workDirectory().resolve("model.onnx");
        model.write(factorized);
        var file = report.isEmpty() ? factorized : recovered(factorized, seen);
        if (!seen.isEmpty()) {
            report.latency(Latency.compare(context.model(), file, seen.feeds().get(0), context.threads()));
        }
        return new StageResult(file, null, report.fields());
    }
}
