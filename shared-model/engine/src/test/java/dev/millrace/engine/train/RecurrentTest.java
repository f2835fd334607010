package dev.millrace.engine.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.engine.data.Batch;
import dev.millrace.engine.torch.ScriptModule;
import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.script.ScriptOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Recurrent layers that libtorch computes as a whole: results beside ONNX Runtime, gradients beside central differences. */
class RecurrentTest {
    private static final int STEPS = 5;
    private static final int ROWS = 3;
    private static final int INPUTS = 4;
    private static final int HIDDEN = 2;

    @TempDir
    Path directory;

    /** @param gates rows of a weight in multiples of the hidden size */
    private record Layer(String type, long gates, String direction, boolean biased, boolean started) {
        int directions() {
            return direction.equals("bidirectional") ? 2 : 1;
        }
    }

    static Stream<Layer> layers() {
        return Stream.of(
                new Layer("LSTM", 4, "forward", false, false),
                new Layer("LSTM", 4, "reverse", true, true),
                new Layer("LSTM", 4, "bidirectional", true, true),
                new Layer("GRU", 3, "bidirectional", true, true),
                new Layer("GRU", 3, "forward", true, false),
                new Layer("RNN", 1, "reverse", true, false));
    }

    @ParameterizedTest
    @MethodSource("layers")
    void computesWhatOnnxRuntimeComputes(Layer layer) throws IOException {
        var model = model(layer, DataType.FLOAT);
        var file = directory.resolve("layer.onnx");
        model.write(file);
        try (var session = OrtSession.open(file, SessionSettings.threads(1));
                var module = ScriptModule.open(model, ScriptOptions.exact(), directory, 1);
                var expected = session.run(Map.of());
                var actual = module.run(Map.of())) {
            for (var name : expected.names()) {
                assertThat(actual.get(name).dims()).isEqualTo(expected.get(name).dims());
                for (int i = 0; i < expected.get(name).size(); i++) {
                    assertThat(actual.get(name).number(i))
                            .isCloseTo(expected.get(name).number(i), within(1e-5));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("layers")
    void hasTheGradientOfItsResult(Layer layer) throws IOException {
        var exact = gradient(layer, DataType.DOUBLE, true);
        var fast = gradient(layer, DataType.FLOAT, false);

        assertThat(fast).hasSameSizeAs(exact);
        for (int i = 0; i < exact.size(); i++) {
            assertThat(fast.get(i)).isCloseTo(exact.get(i), within(1e-4));
        }
    }

    /** What a step of rate 1 takes from every weight. */
    private List<Double> gradient(Layer layer, DataType type, boolean compared) throws IOException {
        var target = Value.full(DataType.FLOAT, 0.3, STEPS, layer.directions(), ROWS, HIDDEN);
        var batch = new Batch(Map.of(), 1, target, 1, Map.of(), "layer");
        var settings = TrainingSettings.of(new Optimizer.Sgd(0, false, 0), Schedule.constant(1), Budget.epochs(1));
        var objective = Objective.of(new Loss.MeanSquare("y"));
        try (var trainer = Trainer.open(model(layer, type), objective, settings, directory)) {
            var before = trainer.everything();
            if (compared) {
                assertThat(Differences.largest(trainer, batch, 6)).isLessThan(1e-6);
                trainer.restore(before);
            }
            var gradient = new ArrayList<Double>();
            for (var weight : trainer.gradients(batch)) {
                for (int i = 0; i < weight.numbers().size(); i++) {
                    gradient.add(weight.numbers().number(i));
                }
            }
            return gradient;
        }
    }

    /** The layer over constants, its input among them. */
    private static Model model(Layer layer, DataType type) {
        var random = new Random(2);
        var m = new ModelBuilder(17);
        int directions = layer.directions();
        var inputs = new ArrayList<String>();
        inputs.add(normal(m, type, random, "x", STEPS, ROWS, INPUTS));
        inputs.add(normal(m, type, random, "w", directions, layer.gates * HIDDEN, INPUTS));
        inputs.add(normal(m, type, random, "r", directions, layer.gates * HIDDEN, HIDDEN));
        inputs.add(layer.biased ? normal(m, type, random, "b", directions, 2 * layer.gates * HIDDEN) : "");
        if (layer.started) {
            inputs.add("");
            inputs.add(normal(m, type, random, "h0", directions, ROWS, HIDDEN));
            if (layer.type.equals("LSTM")) {
                inputs.add(normal(m, type, random, "c0", directions, ROWS, HIDDEN));
            }
        }
        var node = Node.of(
                layer.type,
                "layer",
                inputs,
                List.of("y", "h"),
                Attribute.of("hidden_size", HIDDEN),
                Attribute.of("direction", layer.direction));
        m.node(layer.type.equals("GRU") ? node.with(Attribute.of("linear_before_reset", 1)) : node);
        m.output("y", type, STEPS, directions, ROWS, HIDDEN);
        m.output("h", type, directions, ROWS, HIDDEN);
        return m.build();
    }

    private static String normal(ModelBuilder m, DataType type, Random random, String name, long... dims) {
        int size = (int) Arrays.stream(dims).reduce(1, (a, b) -> a * b);
        var bytes = ByteBuffer.allocate((int) type.sizeBytes(size)).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < size; i++) {
            float number = (float) random.nextGaussian();
            if (type == DataType.DOUBLE) {
                bytes.putDouble(number);
            } else {
                bytes.putFloat(number);
            }
        }
        return m.initializer(Tensor.of(name, type, bytes.rewind(), dims));
    }
}
