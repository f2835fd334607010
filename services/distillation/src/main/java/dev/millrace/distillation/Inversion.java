package dev.millrace.distillation;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Shapes;
import dev.millrace.engine.Value;
import dev.millrace.engine.ValueSpec;
import dev.millrace.engine.data.Batch;
import dev.millrace.engine.train.Budget;
import dev.millrace.engine.train.Loss;
import dev.millrace.engine.train.Objective;
import dev.millrace.engine.train.Optimizer;
import dev.millrace.engine.train.Schedule;
import dev.millrace.engine.train.TrainingData;
import dev.millrace.engine.train.TrainingLoop;
import dev.millrace.engine.train.TrainingSettings;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.gate.ModelGate;
import dev.millrace.stage.StageContext;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.function.DoubleConsumer;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Samples made from a network alone: noise, changed by gradient until every BatchNormalization sees channels of the mean and
 * variance that it knows from its training data (Yin et al., "Dreaming to Distill: Data-free Knowledge Transfer via
 * DeepInversion", 2020). What is made small, with {@code z = (x − mean) / √(variance + ε)} in a layer and E over a batch:
 *
 * <pre>{@code
 * mean over layers and channels of (E z)² + (E z² − 1)²  +  smoothness · mean of (sample − mean of 3 × 3 around)²
 * }</pre>
 */
final class Inversion {
    /** Share of the size of noise by which a step of Adam changes it at most. */
    private static final double RATE = 0.1;

    private static final int AROUND = 3;

    private final Model teacher;
    private final ValueSpec input;
    private final List<Node> layers;
    private final Map<String, long[]> dims;
    private final StageContext context;

    /** @throws RefusedException {@code NO_STATISTICS}, {@code INPUT_UNSUITED} if nothing can be made from this network */
    Inversion(Path file, StageContext context) throws IOException {
        this.context = context;
        teacher = ModelGate.open(file);
        try (var session = OrtSession.open(file, SessionSettings.threads(1))) {
            input = only(session.inputs());
        }
        layers = layers(teacher.graph());
        if (layers.isEmpty()) {
            throw new RefusedException(
                    "NO_STATISTICS",
                    "teacher",
                    "no BatchNormalization with constant mean and variance",
                    "a model exported before these are folded into the layers in front of them; else training data");
        }
        var row = Value.zeros(input.type(), input.shape(1));
        dims = Shapes.observe(file, Map.of(input.name(), row), context.workDirectory());
    }

    private static ValueSpec only(List<ValueSpec> inputs) {
        boolean suited = inputs.size() == 1
                && inputs.get(0).type() == DataType.FLOAT
                && inputs.get(0).rank() >= 2
                && inputs.get(0).dims().stream().skip(1).allMatch(Dimension::isFixed);
        if (!suited) {
            throw new RefusedException(
                    "INPUT_UNSUITED",
                    "inputs of the teacher",
                    inputs.stream().map(ValueSpec::describe).toList().toString(),
                    "one float32 input whose size is fixed but for the number of rows");
        }
        return inputs.get(0);
    }

    private static List<Node> layers(Graph graph) {
        return graph.nodes().stream()
                .filter(node -> node.is("BatchNormalization")
                        && Stream.of(1, 2, 3, 4)
                                .allMatch(index ->
                                        graph.constant(node.input(index)).isPresent()))
                .toList();
    }

    /** Rows of a batch: what the network insists on, else what is wanted. */
    int rows(int wanted) {
        var first = input.dims().get(0);
        return first.isFixed() ? (int) first.size() : wanted;
    }

    /** Numbers as a value for the network's input. */
    Value value(int rows, ByteBuffer numbers) {
        return Value.of(DataType.FLOAT, input.shape(rows), numbers);
    }

    /**
     * Makes a batch. The same arguments give the same bits.
     *
     * @param progress hears how much is done, 0..1
     * @return a value for the network's input
     */
    Value batch(int rows, long steps, double smoothness, long seed, DoubleConsumer progress) throws IOException {
        var noise = noise(input.shape(rows), seed);
        var model = teacher.copy();
        model.graph().removeInput(input.name());
        model.graph().put(Tensor.of(input.name(), DataType.FLOAT, noise.bytes(), noise.dims()));
        var targets = targets(model, noise, smoothness);
        var terms = targets.entrySet().stream()
                .map(target -> {
                    var loss = new Loss.Hint(target.getKey(), target.getKey(), Loss.Measure.MEAN_SQUARE);
                    boolean smooth = target.getValue().rank() > 1;
                    return new Objective.Term(smooth ? smoothness : 1.0 / layers.size(), loss);
                })
                .toList();
        var batch = new Batch(Map.of(), rows, null, 1, targets, "noise");
        var settings = TrainingSettings.of(Optimizer.AdamW.decaying(0), Schedule.cosine(RATE), Budget.steps(steps))
                .trainable(input.name()::equals)
                .batchStatistics(false)
                .seed(seed)
                .threads(context.threads());
        new TrainingLoop(
                        settings,
                        repeated(batch, steps),
                        null,
                        telling(progress),
                        Clock.systemUTC(),
                        context.workDirectory())
                .run(model, new Objective(terms));
        var made = model.graph().initializer(input.name()).orElseThrow();
        return Value.of(made.floats(), noise.dims());
    }

    private static Value noise(long[] dims, long seed) {
        var random = new Random(seed);
        var numbers = new float[(int) LongStream.of(dims).reduce(1, Math::multiplyExact)];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) random.nextGaussian();
        }
        return Value.of(numbers, dims);
    }

    /** Adds what the losses read; what each value should be, by its name. */
    private Map<String, Value> targets(Model model, Value noise, double smoothness) {
        var targets = new LinkedHashMap<String, Value>();
        var graph = model.graph();
        for (var layer : layers) {
            long channels = graph.constant(layer.input(3)).orElseThrow().elements();
            var z = standardized(graph, layer, channels);
            var square = added(graph, "Mul", List.of(z, z));
            int rank = Objects.requireNonNull(dims.get(layer.input(0)), layer.input(0)).length;
            targets.put(mean(model, z, rank), Value.zeros(DataType.FLOAT, channels));
            targets.put(mean(model, square, rank), Value.full(DataType.FLOAT, 1, channels));
        }
        if (smoothness > 0 && noise.rank() > 2) {
            targets.put(roughness(graph, noise.rank()), Value.zeros(DataType.FLOAT, noise.dims()));
        }
        return targets;
    }

    /** What the layer makes of its input before it scales and shifts. */
    private static String standardized(Graph graph, Node layer, long channels) {
        var one = new float[(int) channels];
        Arrays.fill(one, 1);
        var scale = Tensor.floats(graph.freshName("one"), one, channels);
        graph.put(scale);
        var shift = Tensor.floats(graph.freshName("zero"), new float[(int) channels], channels);
        graph.put(shift);
        return added(
                graph,
                "BatchNormalization",
                List.of(layer.input(0), scale.name(), shift.name(), layer.input(3), layer.input(4)),
                Attribute.of("epsilon", layer.real("epsilon", 1e-5f)));
    }

    /** The mean over all axes but that of channels, 1. */
    private static String mean(Model model, String value, int rank) {
        var axes = IntStream.range(0, rank)
                .filter(axis -> axis != 1)
                .mapToLong(axis -> axis)
                .toArray();
        var keep = Attribute.of("keepdims", 0);
        if (model.opset() < 18) {
            return added(model.graph(), "ReduceMean", List.of(value), Attribute.ints("axes", axes), keep);
        }
        var tensor = Tensor.longs(model.graph().freshName("axes"), axes, axes.length);
        model.graph().put(tensor);
        return added(model.graph(), "ReduceMean", List.of(value, tensor.name()), keep);
    }

    /** How far each number is from the mean of those around it. */
    private String roughness(Graph graph, int rank) {
        var kernel = new long[rank - 2];
        Arrays.fill(kernel, AROUND);
        var pads = new long[2 * kernel.length];
        Arrays.fill(pads, AROUND / 2);
        var smooth = added(
                graph,
                "AveragePool",
                List.of(input.name()),
                Attribute.ints("kernel_shape", kernel),
                Attribute.ints("pads", pads));
        return added(graph, "Sub", List.of(input.name(), smooth));
    }

    private static String added(Graph graph, String opType, List<String> inputs, Attribute... attributes) {
        var output = graph.freshName(opType);
        graph.add(Node.of(opType, output, inputs, List.of(output), attributes));
        return output;
    }

    private static TrainingLoop.Observer telling(DoubleConsumer progress) {
        return new TrainingLoop.Observer() {
            @Override
            public void progressed(double done, Map<String, Double> metrics) {
                progress.accept(done);
            }

            @Override
            public Optional<Path> latest() {
                return Optional.empty();
            }

            @Override
            public void save(Path checkpoint) {
                // a batch is begun again
            }
        };
    }

    private static TrainingData repeated(Batch batch, long steps) {
        return new TrainingData() {
            @Override
            public Iterable<Batch> epoch(long number) {
                return Collections.nCopies((int) steps, batch);
            }

            @Override
            public long batches() {
                return steps;
            }
        };
    }
}
