package dev.millrace.quantization;

import dev.millrace.engine.Latency;
import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.stage.Option;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Static INT8: weights and activations in 8 bits, the activations' ranges measured on calibration data (Jacob et al.,
 * "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", 2018).
 *
 * <p>In order: fold what can be folded into layers ({@link PreparedModel}), plan and calibrate ({@link IntegerPlan}), write ({@link RoundingRewrite}), compare with the float model ({@link Fidelity}) and, while the worst output group
 * is below {@code minFidelity}, move the layers that add most error back to float ({@link LayerErrors}); at last time both
 * models beside each other.
 *
 * <p>Cost: one pass over the calibration data, a few samples for each comparison.
 */
final class StaticInt8 implements Technique<StaticInt8.Options> {
    private static final String CALIBRATION = "calibration";

    private static final int MOST_ROUNDS = 4;

    /** Of the error that the floor allows, {@code |a − b|² / |a|² ≈ 2(1 − cosine)}: the layers' errors add up only roughly. */
    private static final double SAFETY = 0.5;

    /** Options; the defaults are what won on real models. */
    record Options(
            @Option(
                    value = "How the range of an activation follows from the values seen.",
                    defaultValue = "\"minmax\"",
                    allowed = "percentile, entropy and mse cut outliers off")
            RangeMethod method,

            @Option(
                    value = "Percent of the values that the range keeps, for method percentile.",
                    defaultValue = "99.99",
                    allowed = "50 < percentile ≤ 100")
            double percentile,

            @Option(value = "Symmetric activations, zero at 128.", defaultValue = "false")
            boolean symmetric,

            IntegerOptions integer,

            @Option(
                    value =
                            "Least cosine between the outputs of float and quantized model, for every group of channels.",
                    defaultValue = "0.985",
                    allowed = "0 ≤ minFidelity ≤ 1, 0 accepts anything")
            double minFidelity) {
        Options {
            if (!(percentile > 50 && percentile <= 100)) {
                throw new IllegalArgumentException("percentile=" + percentile);
            }
            if (!(minFidelity >= 0 && minFidelity <= 1)) {
                throw new IllegalArgumentException("minFidelity=" + minFidelity);
            }
        }
    }

    @Override
    public String name() {
        return "static-int8";
    }

    @Override
    public String summary() {
        return "8-bit weights and activations, ranges measured on calibration data.";
    }

    @Override
    public String useWhen() {
        return "A CPU should run the model faster and there are a hundred typical inputs.";
    }

    @Override
    public List<String> data() {
        return List.of(CALIBRATION);
    }

    @Override
    public Class<Options> options() {
        return Options.class;
    }

    @Override
    public boolean belongsToMachine(Options options) {
        return true; // it is timed
    }

    @Override
    public StageResult run(Options options, StageContext context) throws IOException {
        try {
            return new Run(options, context).run();
        } catch (RefusedException e) {
            throw ResultCheck.explained(e, context);
        }
    }

    /** One task. */
    private static final class Run {
        private final Options options;
        private final StageContext context;
        private final QuantizationReport report = new QuantizationReport();
        private final IntegerPlan plan;
        private final Model model;

        Run(Options options, StageContext context) throws IOException {
            this.options = options;
            this.context = context;
            var ranges = new IntegerPlan.Ranges(options.method(), options.percentile(), options.symmetric());
            plan = new IntegerPlan(options.integer().ignored(), ranges, context, report);
            model = plan.model();
        }

        StageResult run() throws IOException {
            boolean saturates = options.integer().saturates(context.workDirectory());
            var data = context.data(CALIBRATION)
                    .orElseThrow(() -> new RefusedException(
                            "DATA_MISSING",
                            "quantization:static-int8",
                            "no calibration data",
                            "--data calibration=PATH"));
            var calibration = plan.calibrate(data);
            var file = context.workDirectory().resolve("model.onnx");
            var fidelity = write(file, saturates, calibration);
            fidelity = repair(file, saturates, calibration, fidelity);
            var latency = Latency.compare(
                    context.model(), file, calibration.references().get(0).feed(), context.threads());
            lstms(model.graph()).forEach(lstm -> report.quantized(lstm.node()));
            plan.describe();
            report.saturation(saturates);
            report.calibrated(calibration);
            report.fidelity(fidelity, options.minFidelity());
            report.latency(latency);
            return new StageResult(file, null, report.fields());
        }

        /** Writes the model as planned now and says how good it is. */
        private List<Fidelity> write(Path file, boolean saturates, Calibration calibration) throws IOException {
            context.progress(0.7, "quantizing");
            var quantized = model.copy();
            var graph = quantized.graph();
            quantizeLstms(quantized);
            var placement = plan.place(graph);
            RoundingRewrite.apply(
                    graph,
                    placement,
                    new QdqRounding(
                            graph,
                            placement,
                            plan.scales(placement, calibration.ranges()),
                            new WeightStore(graph, saturates, options.integer().perChannel())));
            quantized.write(file);
            context.progress(0.8, "comparing with the float model");
            try (var session = OrtSession.open(
                    file, SessionSettings.threads(context.threads()).frugal())) {
                return Fidelity.measure(session, calibration.references());
            }
        }

        /** QDQ has no form for an LSTM; ONNX Runtime's own operator rounds its activations while running. */
        private void quantizeLstms(Model quantized) {
            for (var lstm : lstms(quantized.graph())) {
                lstm.replace(quantized.graph());
                quantized.setOpset("com.microsoft", 1);
            }
        }

        private List<DynamicLstm> lstms(Graph graph) {
            return graph.nodes().stream()
                    .filter(node -> !plan.staysFloat(node))
                    .flatMap(node -> DynamicLstm.of(graph, node).stream())
                    .toList();
        }

        /** Moves the layers that do most harm back to float until the floor holds. */
        private List<Fidelity> repair(Path file, boolean saturates, Calibration calibration, List<Fidelity> first)
                throws IOException {
            if (worst(first) >= options.minFidelity()) {
                return first;
            }
            context.progress(0.85, "looking for the layers that do most harm");
            var errors = layerErrors(saturates, calibration);
            double measured =
                    first.stream().mapToDouble(Fidelity::relativeError).max().orElse(0);
            double predicted = squares(errors);
            double allowed = SAFETY
                    * 2
                    * (1 - options.minFidelity())
                    * predicted
                    / Math.max(Double.MIN_NORMAL, measured * measured);
            var best = first;
            for (int round = 0;
                    round < MOST_ROUNDS && worst(best) < options.minFidelity() && !errors.isEmpty();
                    round++) {
                do {
                    var harmful = errors.remove(0);
                    plan.leave(harmful.layer().node(), harmful.reason());
                } while (squares(errors) > allowed && !errors.isEmpty());
                best = write(file, saturates, calibration);
                allowed /= 2;
            }
            var lstms = lstms(model.graph());
            if (worst(best) < options.minFidelity() && !lstms.isEmpty()) {
                lstms.forEach(lstm -> plan.leave(lstm.node(), "the floor does not hold with it in 8 bits"));
                best = write(file, saturates, calibration);
            }
            return best;
        }

        private List<LayerErrors.LayerError> layerErrors(boolean saturates, Calibration calibration)
                throws IOException {
            var copy = model.copy();
            var placement = plan.place(copy.graph());
            return LayerErrors.measure(
                    copy,
                    placement,
                    plan.scales(placement, calibration.ranges()),
                    new WeightStore(copy.graph(), saturates, options.integer().perChannel()),
                    calibration.references(),
                    context.workDirectory(),
                    context.threads());
        }

        private static double squares(List<LayerErrors.LayerError> errors) {
            return errors.stream()
                    .mapToDouble(each -> each.error() * each.error())
                    .sum();
        }

        private static double worst(List<Fidelity> fidelity) {
            return fidelity.stream().mapToDouble(Fidelity::cosine).min().orElse(1);
        }
    }
}
