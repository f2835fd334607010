package dev.millrace.quantization;

import dev.millrace.engine.ConstantFolding;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.edit.NodeGlobs;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import java.io.IOException;

/**
 * Dynamic INT8: 8-bit weights, activations rounded while the model runs, to the range that each has at that moment.
 *
 * <p>{@code y = s_x·s_w·(q_x − z_x)·q_w + b}: DynamicQuantizeLinear, once for each activation, and MatMulInteger, which ONNX
 * Runtime fuses with what follows. MatMul and Gemm, LSTM ({@link DynamicLstm}), and Gather tables; Conv stays in float,
 * because ONNX Runtime's ConvInteger is slower than its float Conv. No calibration data. Weights in branches of If and in
 * bodies of Loop are quantized too, and those that are computed from
 * constants ({@link ConstantFolding}).
 */
final class DynamicInt8 implements Technique<DynamicInt8.Options> {

    /** Options; the defaults are what won on real models. */
    record Options(IntegerOptions integer) {}

    @Override
    public String name() {
        return "dynamic-int8";
    }

    @Override
    public String summary() {
        return "8-bit weights, activations rounded to 8 bits while running.";
    }

    @Override
    public String useWhen() {
        return "A transformer or LSTM should run faster on a CPU and there is no calibration data.";
    }

    @Override
    public Class<Options> options() {
        return Options.class;
    }

    @Override
    public boolean belongsToMachine(Options options) {
        return options.integer().saturation() == Saturation.AUTO;
    }

    @Override
    public StageResult run(Options options, StageContext context) throws IOException {
        boolean saturates = options.integer().saturates(context.workDirectory());
        var model = PreparedModel.open(context.model());
        ConstantFolding.apply(model, context.workDirectory());
        var ignored = NodeGlobs.of("ignored", options.integer().ignored(), Model.read(context.model()));
        var report = new QuantizationReport();
        for (var graph : model.graph().graphs().toList()) {
            new DynamicRewrite(
                            graph,
                            new WeightStore(graph, saturates, options.integer().perChannel()))
                    .apply(ignored)
                    .forEach(report::quantized);
            left(graph, ignored, report);
        }
        if (report.quantized().isEmpty()) {
            throw PreparedModel.nothingToQuantize(
                    context.model(), "MatMul, Gemm, LSTM or Gather with constant weights");
        }
        model.graph().removeDead();
        if (report.quantized().containsKey("LSTM")) {
            model.setOpset("com.microsoft", 1);
        }
        var file = context.workDirectory().resolve("model.onnx");
        model.write(file);
        ResultCheck.loads(file, context, report);
        report.saturation(saturates);
        return new StageResult(file, null, report.fields());
    }

    private static void left(Graph graph, NodeGlobs ignored, QuantizationReport report) {
        for (var node : graph.nodes()) {
            boolean product = node.is("MatMul") && Layer.of(graph, node).isEmpty();
            if (Layer.TYPES.contains(node.opType()) && !product) {
                report.left(node, reason(node, ignored));
            }
        }
    }

    private static String reason(Node node, NodeGlobs ignored) {
        if (ignored.contains(node)) {
            return "it was asked for";
        }
        return node.opType().startsWith("Conv") ? "an integer Conv is slower" : "its weight or bias is computed";
    }
}
