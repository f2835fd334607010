package dev.millrace.quantization;

import com.fasterxml.jackson.databind.node.IntNode;
import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.data.Dataset;
import dev.millrace.engine.train.Budget;
import dev.millrace.engine.train.Loss;
import dev.millrace.engine.train.Objective;
import dev.millrace.engine.train.Optimizer;
import dev.millrace.engine.train.Schedule;
import dev.millrace.engine.train.Teacher;
import dev.millrace.engine.train.TrainingData;
import dev.millrace.engine.train.TrainingLoop;
import dev.millrace.engine.train.TrainingResult;
import dev.millrace.engine.train.TrainingSettings;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.edit.OpsetConverter;
import dev.millrace.stage.LocalData;
import dev.millrace.stage.Option;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Quantization-aware training: trains with rounding in place, so that the weights and the steps find values that rounding
 * harms least (Jacob et al., 2018; steps learned as in Esser et al., "Learned Step Size Quantization", 2020), taught by the
 * float model's answers, by labels, or both.
 *
 * <p>The placement is that of {@link StaticInt8}, so what comes out runs in the same integer kernels. With fewer than 8 bits
 * the first and the last layers keep 8, as they are small and matter most. BatchNormalization is folded before.
 *
 * <p>Cost: calibration, then training: an epoch takes about twice as long as without rounding.
 */
final class QuantizationAware implements Technique<QuantizationAware.Options> {
    private static final int CALIBRATION_SAMPLES = 512;
    private static final int WHOLE_BITS = 8;

    /** The first opset with 4-bit tensors. */
    private static final long INT4_OPSET = 21;

    /** So many bits that two weights next to each other never saturate. */
    private static final int UNSATURATED_BITS = 7;

    /** Options; rates and shares suit models that were trained to the end. */
    record Options(
            @Option(value = "Bits of weights; activations have 8.", defaultValue = "8", allowed = "2 ≤ weightBits ≤ 8")
            int weightBits,

            @Option(value = "A step for each output channel of a weight instead of one.", defaultValue = "true")
            boolean perChannel,

            @Option(value = "Passes over the training data.", defaultValue = "1", allowed = "0 < epochs ≤ 10000")
            double epochs,

            @Option(value = "Peak learning rate of AdamW.", defaultValue = "0.001", allowed = "0 < learningRate ≤ 1")
            double learningRate,

            @Option(value = "Samples of a step.", defaultValue = "64", allowed = "1 ≤ batchSize ≤ 65536")
            int batchSize,

            @Option(
                    value = "Share of the labels in the loss, the rest is the float model's; 0 needs no labels.",
                    defaultValue = "0.5",
                    allowed = "0 ≤ hardLoss ≤ 1")
            double hardLoss,

            @Option(
                    value = "Temperature that softens the float model's answers.",
                    defaultValue = "2",
                    allowed = "0 < temperature ≤ 100")
            double temperature,

            @Option(
                    value = "Fit weights to processors whose sums of two 8-bit products saturate.",
                    defaultValue = "\"auto\"",
                    allowed = "auto tries this processor; on for x86 without VNNI; off for all others")
            Saturation saturation,

            @Option(
                    value = "Nodes to leave in float, by name or operator type, with * and ?.",
                    defaultValue = "[]",
                    allowed = "each must match a node")
            List<String> ignored) {
        Options {
            require("weightBits", weightBits >= 2 && weightBits <= WHOLE_BITS, weightBits, "2 ≤ weightBits ≤ 8");
            require("epochs", epochs > 0 && epochs <= 10_000, epochs, "0 < epochs ≤ 10000");
            require("learningRate", learningRate > 0 && learningRate <= 1, learningRate, "0 < learningRate ≤ 1");
            require("batchSize", batchSize >= 1 && batchSize <= 65_536, batchSize, "1 ≤ batchSize ≤ 65536");
            require("hardLoss", hardLoss >= 0 && hardLoss <= 1, hardLoss, "0 ≤ hardLoss ≤ 1");
            require("temperature", temperature > 0 && temperature <= 100, temperature, "0 < temperature ≤ 100");
        }

        private static void require(String option, boolean met, Number found, String allowed) {
            if (!met) {
                throw new RefusedException("INVALID_OPTION", "qat, option '" + option + "'", found.toString(), allowed);
            }
        }
    }

    @Override
    public String name() {
        return "qat";
    }

    @Override
    public String summary() {
        return "Trains with rounding in place: 8-bit activations, weights of 2 to 8 bits.";
    }

    @Override
    public String useWhen() {
        return "static-int8 loses too much, or weights should have 4 bits or fewer, and there is training data.";
    }

    @Override
    public List<String> data() {
        return List.of("training");
    }

    @Override
    public Class<Options> options() {
        return Options.class;
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
        private final int wholeBits;

        Run(Options options, StageContext context) throws IOException {
            this.options = options;
            this.context = context;
            var ranges = new IntegerPlan.Ranges(RangeMethod.MINMAX, 100, false);
            plan = new IntegerPlan(options.ignored(), ranges, context, report);
            model = plan.model();
            boolean saturates = options.saturation().holds(context.workDirectory());
            report.saturation(saturates);
            wholeBits = saturates ? UNSATURATED_BITS : WHOLE_BITS;
        }

        StageResult run() throws IOException {
            var training = context.data("training")
                    .orElseThrow(() -> new RefusedException(
                            "DATA_MISSING", "quantization:qat", "no training data", "--data training=PATH"));
            var calibration = plan.calibrate(context.data("calibration").orElseGet(() -> first(training)));
            var student = model.copy();
            var placement = plan.place(student.graph());
            var rounding = new TrainingRounding(
                    student.graph(),
                    placement,
                    plan.scales(placement, calibration.ranges()),
                    steps(student.graph(), placement));
            RoundingRewrite.apply(student.graph(), placement, rounding);
            var result = train(student, training);

            context.progress(0.95, "quantizing");
            var file = context.workDirectory().resolve("model.onnx");
            write(student, rounding, file);
            plan.describe();
            report.calibrated(calibration);
            report.field("training", told(result));
            try (var session = OrtSession.open(
                    file, SessionSettings.threads(context.threads()).frugal())) {
                report.fidelity(Fidelity.measure(session, calibration.references()), 0);
            }
            report.latency(Latency.compare(
                    context.model(), file, calibration.references().get(0).feed(), context.threads()));
            return new StageResult(file, null, report.fields());
        }

        private static LocalData first(LocalData training) {
            var some = new HashMap<>(training.options());
            some.putIfAbsent("limit", IntNode.valueOf(CALIBRATION_SAMPLES));
            return new LocalData(training.path(), training.format(), some);
        }

        private Map<String, WeightSteps> steps(Graph graph, Placement placement) {
            var inner = InnerLayers.of(graph, placement);
            var steps = new HashMap<String, WeightSteps>();
            for (var layer : placement.layers()) {
                int bits = inner.contains(layer) ? Math.min(options.weightBits(), wholeBits) : wholeBits;
                int axis = options.perChannel() ? layer.channelAxis() : -1;
                steps.merge(
                        layer.weight().name(),
                        WeightSteps.of(layer.weight(), axis, bits),
                        (a, b) -> a.axis() == b.axis()
                                ? (a.bits() >= b.bits() ? a : b)
                                : WeightSteps.of(layer.weight(), -1, Math.max(a.bits(), b.bits())));
            }
            return steps;
        }

        private TrainingResult train(Model student, LocalData training) throws IOException {
            var output = student.graph().outputs().get(0).name();
            var logits = Teacher.logits(model, output);
            var objective = options.hardLoss() == 1
                    ? Objective.of(new Loss.CrossEntropy(logits, 0))
                    : Objective.distillation(logits, logits, options.temperature(), options.hardLoss());
            try (var teacher = Teacher.open(model, List.of(logits), context.threads(), context.workDirectory());
                    var data = open(training, teacher);
                    var held = held(teacher)) {
                var settings = TrainingSettings.of(
                                Optimizer.AdamW.decaying(0),
                                Schedule.cosine(options.learningRate()),
                                Budget.epochs(options.epochs()))
                        .clipNorm(1)
                        .batchStatistics(false)
                        .seed(context.seed())
                        .threads(context.threads());
                var loop = new TrainingLoop(
                        settings,
                        teacher.teaching(TrainingData.shuffled(data, options.batchSize(), context.seed())),
                        held == null ? null : teacher.teaching(TrainingData.inOrder(held, options.batchSize())),
                        new Progress(context),
                        Clock.systemUTC(),
                        context.workDirectory());
                return loop.run(student, objective);
            }
        }

        private @Nullable Dataset held(Teacher teacher) throws IOException {
            var validation = context.data("validation");
            return validation.isEmpty() ? null : open(validation.get(), teacher);
        }

        private static Dataset open(LocalData data, Teacher teacher) throws IOException {
            return Dataset.open(data.path(), data.format(), data.options(), teacher.inputs());
        }

        /** The trained weights and steps, in a copy of the float model. */
        private void write(Model student, TrainingRounding rounding, Path file) throws IOException {
            var quantized = model.copy();
            var graph = quantized.graph();
            if (rounding.trainedWeights().values().stream().anyMatch(steps -> steps.bits() <= 4)) {
                OpsetConverter.raiseTo(quantized, INT4_OPSET);
            }
            for (var tensor : List.copyOf(graph.initializers())) {
                student.graph().initializer(tensor.name()).ifPresent(graph::put);
            }
            var placement = plan.place(graph);
            var weights = new WeightStore(graph, false, options.perChannel(), rounding.trainedWeights());
            RoundingRewrite.apply(
                    graph, placement, new QdqRounding(graph, placement, rounding.trainedScales(), weights));
            quantized.write(file);
        }

        private static Map<String, Object> told(TrainingResult result) {
            var told = new TreeMap<String, Object>();
            told.put("steps", result.steps());
            told.put("epochs", result.epochs());
            told.put("loss", result.trainingLoss());
            told.put("seconds", result.elapsed().toMillis() / 1e3);
            if (!Double.isNaN(result.best())) {
                told.put("validationScore", result.best());
            }
            return told;
        }
    }

    /** Tells the task how far training is, and keeps its checkpoints. */
    private record Progress(StageContext context) implements TrainingLoop.Observer {
        @Override
        public void progressed(double done, Map<String, Double> metrics) {
            context.progress(0.65 + 0.3 * done, "training", metrics);
        }

        @Override
        public Optional<Path> latest() throws IOException {
            return context.checkpoints().latest();
        }

        @Override
        public void save(Path checkpoint) throws IOException {
            context.checkpoints().save(checkpoint);
        }
    }
}
