package dev.millrace.quantization;

import dev.millrace.onnx.edit.ConstantNodes;
import dev.millrace.onnx.edit.NodeGlobs;
import dev.millrace.onnx.edit.OpsetConverter;
import dev.millrace.onnx.gate.ModelGate;
import dev.millrace.quantization.block.BlockFit;
import dev.millrace.quantization.block.BlockedMatrix;
import dev.millrace.quantization.block.Levels;
import dev.millrace.quantization.block.ZeroPoint;
import dev.millrace.stage.Option;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;

/**
 * Weight-only quantization: weights of MatMul and Gemm and tables of Gather in 4 or 8 bits, activations in float.
 *
 * <p>Each run of {@code blockSize} weights along a row has its own scale and zero point, {@code w ≈ s·(q − z)}. Needs no
 * data. With 4 bits and blocks of 32 a weight takes 5.1 bits, a sixth of float.
 */
final class WeightOnly implements Technique<WeightOnly.Options> {

    /** Options; the defaults are what won on real models. */
    record Options(
            @Option(value = "Bits of a weight.", defaultValue = "4", allowed = "4 or 8")
            int bits,

            @Option(
                    value = "Weights that share a scale and zero point.",
                    defaultValue = "32",
                    allowed = "16, 32, 64, 128 or 256")
            int blockSize,

            @Option(
                    value =
                            "Which level stands for 0: the middle one of every block, one of its own for each, or a point"
                                    + " between levels.",
                    defaultValue = "\"integer\"",
                    allowed = "float in matMulNBits only, half as fast in ONNX Runtime; tables then take integers")
            ZeroPoint zeroPoint,

            @Option(
                    value = "How scales are found: round to nearest, half-quadratic, or least squares.",
                    defaultValue = "\"leastSquares\"",
                    allowed = "hqq with a zero point only")
            BlockFit algorithm,

            @Option(
                    value = "How weights are written: ONNX Runtime's MatMulNBits and GatherBlockQuantized, or standard"
                            + " DequantizeLinear of opset 21.",
                    defaultValue = "\"matMulNBits\"")
            BlockFormat format,

            @Option(value = "Tables that Gather reads too.", defaultValue = "true")
            boolean embeddings,

            @Option(
                    value = "Nodes to leave in float, by name, operator type or name of the weight, with * and ?.",
                    defaultValue = "[]",
                    allowed = "each must match a node")
            List<String> ignored) {
        Options {
            if (bits != 4 && bits != 8) {
                throw new IllegalArgumentException("bits=" + bits);
            }
            if (Stream.of(16, 32, 64, 128, 256).noneMatch(size -> size == blockSize)) {
                throw new IllegalArgumentException("blockSize=" + blockSize);
            }
            if (zeroPoint == ZeroPoint.FLOAT && format != BlockFormat.MAT_MUL_N_BITS) {
                throw new IllegalArgumentException("zeroPoint=float, and not matMulNBits");
            }
            if (algorithm == BlockFit.HQQ && zeroPoint == ZeroPoint.NONE) {
                throw new IllegalArgumentException("algorithm=hqq without a zero point");
            }
        }

        /** Tables take no float zero points, and a table that is multiplied too takes what tables take. */
        private Levels levels(BlockPlan.Entry entry) {
            boolean isTable = entry.uses().stream().anyMatch(BlockPlan.Use::isTable);
            return new Levels(bits, isTable && zeroPoint == ZeroPoint.FLOAT ? ZeroPoint.INTEGER : zeroPoint);
        }

        /** Rows much shorter than a block can take more than their floats. */
        private boolean isSmaller(BlockPlan.Entry entry) {
            long rows = entry.weight().dim(entry.rowAxis());
            long columns = entry.weight().dim(1 - entry.rowAxis());
            long blocks = (columns + blockSize - 1) / blockSize;
            return rows * blocks * levels(entry).bitsOf(blockSize)
                    < entry.weight().elements() * Float.SIZE;
        }
    }

    @Override
    public String name() {
        return "weight-only";
    }

    @Override
    public String summary() {
        return "Weights in 4 or 8 bits by blocks, computed with float activations.";
    }

    @Override
    public String useWhen() {
        return "A transformer's file should shrink to a sixth and there is no calibration data.";
    }

    @Override
    public Class<Options> options() {
        return Options.class;
    }

    @Override
    public StageResult run(Options options, StageContext context) throws IOException {
        var model = ModelGate.open(context.model());
        var ignored = NodeGlobs.of("ignored", options.ignored(), model);
        OpsetConverter.raiseTo(model, options.format().leastOpset());
        ConstantNodes.toInitializers(model);
        var report = new QuantizationReport();
        var plan = BlockPlan.of(model, ignored, options.embeddings(), report).stream()
                .filter(entry -> isKept(options.isSmaller(entry), entry, "it would not become smaller", report))
                .toList();
        var matrices = fit(plan, options, context);
        double squares = 0;
        double squaredErrors = 0;
        for (int i = 0; i < plan.size(); i++) {
            var entry = plan.get(i);
            var matrix = matrices[i];
            if (isKept(matrix.isFinite(), entry, "its weight has elements that are no numbers", report)) {
                squares += matrix.squares();
                squaredErrors += matrix.squaredErrors();
                entry.uses().forEach(use -> report.quantized(use.node()));
                options.format().write(model, entry, matrix);
            }
        }
        if (report.quantized().isEmpty()) {
            throw PreparedModel.nothingToQuantize(
                    context.model(), "MatMul, Gemm or Gather with a constant float weight of two axes");
        }
        model.graph().removeDead();
        context.progress(0.9, "writing");
        var file = context.workDirectory().resolve("model.onnx");
        model.write(file);
        ResultCheck.loads(file, context, report);
        if (options.format() == BlockFormat.DEQUANTIZE_LINEAR
                && report.quantized().containsKey("Gather")) {
            report.note("ONNX Runtime expands tables behind DequantizeLinear in every run; with format=matMulNBits it"
                    + " looks up single rows.");
        }
        report.field("relativeWeightError", Math.sqrt(squaredErrors / Math.max(Double.MIN_NORMAL, squares)));
        return new StageResult(file, null, report.fields());
    }

    private static BlockedMatrix[] fit(List<BlockPlan.Entry> plan, Options options, StageContext context) {
        var matrices = new BlockedMatrix[plan.size()];
        try (var parallel = new Parallel(context.threads())) {
            for (int i = 0; i < matrices.length; i++) {
                int index = i;
                var entry = plan.get(i);
                context.progress(0.8 * i / matrices.length, "quantizing");
                parallel.run(() -> matrices[index] = BlockedMatrix.of(
                        entry.weight(),
                        entry.rowAxis(),
                        options.blockSize(),
                        options.levels(entry),
                        options.algorithm()));
            }
            parallel.await();
        }
        return matrices;
    }

    private static boolean isKept(boolean kept, BlockPlan.Entry entry, String otherwise, QuantizationReport report) {
        if (!kept) {
            entry.uses().forEach(use -> report.left(use.node(), otherwise));
        }
        return kept;
    }
}
