package dev.millrace.engine.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.Value;
import dev.millrace.engine.data.Batch;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.TensorFile;
import dev.millrace.onnx.op.Ops;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;

/**
 * Gradients of every operator that ONNX has a test for, beside central differences in float64; where MILLRACE_ZOO names the
 * zoo that has the tests. The float inputs of a test become weights, moved a little away from corners and steps.
 */
@EnabledIfEnvironmentVariable(named = "MILLRACE_ZOO", matches = ".+")
class GradientTest {
    private static final double TOLERANCE = 1e-3;
    private static final int ELEMENTS = 6;

    /** Random or other in training, float32 inside, or of another shape when an element moves. */
    private static final List<String> NOT_COMPARED =
            List.of("dropout", "batchnorm", "bernoulli", "cast", "layer_normalization_", "unique");

    @TempDir
    Path directory;

    @Test
    void equalCentralDifferences() throws IOException {
        var compared = new ArrayList<String>();
        var wrong = new ArrayList<String>();
        for (var test : tests().toList()) {
            var name = String.valueOf(test.getFileName());
            try {
                var difference = difference(test);
                if (!Double.isNaN(difference)) {
                    compared.add(name);
                }
                if (difference > TOLERANCE) {
                    wrong.add("%s: %.1e".formatted(name, difference));
                }
            } catch (RefusedException e) {
                var reason = e.problem().message();
                boolean noGradient = reason.contains("does not require grad") || reason.contains("OPERATOR");
                if (!noGradient
                        && !List.of("NOTHING_TO_TRAIN", "TYPE_UNSUPPORTED", "OPERATOR_UNSUPPORTED")
                                .contains(e.problem().code())) {
                    wrong.add(name + ": "
                            + reason.lines().reduce((first, last) -> last).orElse(""));
                }
            }
        }
        System.out.println(compared.size() + " gradients compared");
        assertThat(wrong).isEmpty();
        assertThat(compared).hasSizeGreaterThan(400);
    }

    private static Stream<Path> tests() throws IOException {
        var root = Path.of(System.getenv("MILLRACE_ZOO"), "data", "onnx-op-tests", "node");
        try (var folders = Files.list(root)) {
            return folders
                    .filter(test -> Files.exists(test.resolve("test_data_set_0/input_0.pb")))
                    .filter(test -> NOT_COMPARED.stream().noneMatch(test.toString()::contains))
                    .sorted()
                    .toList()
                    .stream();
        }
    }

    /** The largest difference between the two gradients, relative to the largest of them; NaN where there is no gradient. */
    private double difference(Path test) throws IOException {
        var model = Model.read(test.resolve("model.onnx"));
        var output = model.graph().outputs().get(0);
        if (output.type() != DataType.FLOAT || !fixInputs(model, test.resolve("test_data_set_0"))) {
            return Double.NaN;
        }
        var expected = TensorFile.read(test.resolve("test_data_set_0/output_0.pb"));
        if (expected.elements() == 0) {
            return Double.NaN;
        }
        var batch = new Batch(Map.of(), 1, Value.full(DataType.FLOAT, 0.3, expected.dims()), 1, Map.of(), "test");
        var settings = TrainingSettings.of(new Optimizer.Sgd(0, false, 0), Schedule.constant(1), Budget.epochs(1))
                .batchStatistics(false);
        try (var trainer = Trainer.open(model, Objective.of(new Loss.MeanSquare(output.name())), settings, directory)) {
            return Differences.largest(trainer, batch, ELEMENTS);
        }
    }

    /** Makes every input a constant: floats weights in float64, the others as they are. */
    private static boolean fixInputs(Model model, Path data) throws IOException {
        var random = new Random(4);
        int number = 0;
        for (var input : List.copyOf(model.graph().inputs())) {
            var file = data.resolve("input_" + number++ + ".pb");
            if (!input.isTensor() || !Files.exists(file)) {
                return false;
            }
            var tensor = TensorFile.read(file).withName(input.name());
            model.graph().removeInput(input.name());
            boolean weight = tensor.type() == DataType.FLOAT && !isSetting(model, input.name());
            model.graph().put(weight ? moved(tensor, random) : tensor);
        }
        return true;
    }

    private static boolean isSetting(Model model, String input) {
        return model.graph().consumers(input).stream()
                .anyMatch(node -> Ops.find(node, model.opset()).stream()
                        .flatMap(op -> op.form().settings().stream())
                        .anyMatch(position -> node.input(position).equals(input)));
    }

    private static Tensor moved(Tensor tensor, Random random) {
        var bytes = ByteBuffer.allocate(Math.toIntExact(tensor.elements() * Double.BYTES))
                .order(ByteOrder.LITTLE_ENDIAN);
        for (float value : tensor.floats()) {
            bytes.putDouble(value * (1 - 0.01 * random.nextDouble()) + 0.001 * random.nextDouble());
        }
        return Tensor.of(tensor.name(), DataType.DOUBLE, bytes.rewind(), tensor.dims());
    }
}
