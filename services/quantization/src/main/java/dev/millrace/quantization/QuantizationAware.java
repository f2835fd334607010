package dev.millrace.quantization;

import com.fasterxml.jackson.databind.node.IntNode;
import dev.millrace.engine.Latency;
import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.edit.OpsetConverter;
import dev.millrace.stage.LocalData;
import dev.millrace.stage.Option;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import dev.millrace.training.Course;
import dev.millrace.training.Guidance;
import dev.millrace.training.Imitation;
import dev.millrace.training.Lesson;
import dev.millrace.training.Student;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Quantization-aware training: trains with rounding in place, so that the weights and the steps find values that rounding
 * harms least (Jacob et al., 2018; steps learned as in Esser et al., "Learned Step Size Quantization", 2020), taught by the
 * float model's answers, by labels, or both.
 *
 * <p>The placement is that of {@link StaticInt8}, so what comes out runs in the same integer kernels. With fewer than 8 bits
 * the first and the last layers keep 8, as they are small and matter most. BatchNormalization is folded before.
 *
 * <p>Where the options say nothing, it trains one epoch with 7 or 8 bits and two with fewer, at 0.3, 1 (4 to 6 bits) or 2
 * times the optimizer's own learning rate.
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

    record Options(
            @Option(value = "Bits of weights; activations have 8.", defaultValue = "8", allowed = "2 ≤ weightBits ≤ 8")
            int weightBits,

            IntegerOptions integer,

            Imitation imitation,

            Course course) {
        Options {
            if (weightBits < 2 || weightBits > WHOLE_BITS) {
                throw new IllegalArgumentException("weightBits=" + weightBits);
            }
        }

        /** Fewer bits have further to go: with 8 the model is nearly right as it comes, with 2 nearly all weights move. */
        Course paced() {
            double times = weightBits >= UNSATURATED_BITS ? 0.3 : weightBits >= 4 ? 1 : 2;
            return course.paced(times).epochsOr(weightBits >= UNSATURATED_BITS ? 1 : 2);
        }
    }

    private final Duration checkpointEvery;

    QuantizationAware() {
        this(Lesson.CHECKPOINT_EVERY);
    }

    QuantizationAware(Duration checkpointEvery) {
        this.checkpointEvery = checkpointEvery;
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
        return List.of(Lesson.TRAINING);
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
            return new Run(options, context, checkpointEvery).run();
        } catch (RefusedException e) {
            throw ResultCheck.explained(e, context);
        }
    }

    /** One task. */
    private static final class Run {
        private final Options options;
        private final StageContext context;
        private final Duration checkpointEvery;
        private final QuantizationReport report = new QuantizationReport();
        private final IntegerPlan plan;
        private final Model model;
        private final int wholeBits;

        Run(Options options, StageContext context, Duration checkpointEvery) throws IOException {
            this.options = options;
            this.context = context;
            this.checkpointEvery = checkpointEvery;
            var ranges = new IntegerPlan.Ranges(RangeMethod.MINMAX, 100, false);
            plan = new IntegerPlan(options.integer().ignored(), ranges, context, report);
            model = plan.model();
            boolean saturates = options.integer().saturates(context.workDirectory());
            report.saturation(saturates);
            wholeBits = saturates ? UNSATURATED_BITS : WHOLE_BITS;
        }

        StageResult run() throws IOException {
            var training = context.data(Lesson.TRAINING)
                    .orElseThrow(() -> new RefusedException(
                            "DATA_MISSING", "quantization:qat", "no training data", "--data training=PATH"));
            var calibration = plan.calibrate(context.data("calibration").orElseGet(() -> first(training)));
            var taught = model.copy();
            var placement = plan.place(taught.graph());
            var rounding = new TrainingRounding(
                    taught.graph(),
                    placement,
                    plan.scales(placement, calibration.ranges()),
                    steps(taught.graph(), placement));
            RoundingRewrite.apply(taught.graph(), placement, rounding);
            var student = Student.rewritten(context.model(), taught, trained -> quantized(trained, rounding));
            var result = train(student);

            var file = Objects.requireNonNull(result.model());
            plan.describe();
            report.calibrated(calibration);
            report.field("training", result.report());
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
                int axis = options.integer().perChannel() ? layer.channelAxis() : -1;
                steps.merge(
                        layer.weight().name(),
                        WeightSteps.of(layer.weight(), axis, bits),
                        (a, b) -> a.axis() == b.axis()
                                ? (a.bits() >= b.bits() ? a : b)
                                : WeightSteps.of(layer.weight(), -1, Math.max(a.bits(), b.bits())));
            }
            return steps;
        }

        /** Trains as every stage does; the float model is the teacher. */
        private StageResult train(Student student) throws IOException {
            var teacher = Guidance.ByTeachers.of(context.model(), options.imitation());
            var part = context.part(0.65, 0.95);
            return Lesson.teach(student, options.paced(), teacher, part, checkpointEvery);
        }

        /** The trained weights and steps, in a copy of the float model. */
        private Model quantized(Model trained, TrainingRounding rounding) {
            var quantized = model.copy();
            var graph = quantized.graph();
            if (rounding.trainedWeights().values().stream().anyMatch(steps -> steps.bits() <= 4)) {
                OpsetConverter.raiseTo(quantized, INT4_OPSET);
            }
            for (var tensor : List.copyOf(graph.initializers())) {
                trained.graph().initializer(tensor.name()).ifPresent(graph::put);
            }
            var placement = plan.place(graph);
            var weights = new WeightStore(graph, false, options.integer().perChannel(), rounding.trainedWeights());
            RoundingRewrite.apply(
                    graph, placement, new QdqRounding(graph, placement, rounding.trainedScales(), weights));
            return quantized;
        }
    }
}
