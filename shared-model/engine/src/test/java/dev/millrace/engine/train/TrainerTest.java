package dev.millrace.engine.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.engine.Value;
import dev.millrace.engine.data.Batch;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.fixture.TinyModels;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class TrainerTest {
    private static final Objective CLASSES = Objective.of(new Loss.CrossEntropy("y", 0));
    private static final Optimizer PLAIN = new Optimizer.Sgd(0, false, 0);

    @TempDir
    Path directory;

    static Stream<Optimizer> optimizers() {
        return Stream.of(
                new Optimizer.Sgd(0.9, false, 1e-4), new Optimizer.Sgd(0.9, true, 0), Optimizer.AdamW.decaying(0.01));
    }

    @ParameterizedTest
    @MethodSource("optimizers")
    void learns(Optimizer optimizer) throws IOException {
        var model = TinyModels.mlp();
        var batch = ToyData.batches(model, 1, 1).get(0);
        try (var trainer = open(model, CLASSES, settings(optimizer))) {
            double before = trainer.evaluate(batch).total();
            for (int i = 0; i < 60; i++) {
                trainer.step(batch, 0.02, i);
            }
            var after = trainer.evaluate(batch);
            assertThat(after.total()).isLessThan(before / 2);
            assertThat(after.accuracy()).isGreaterThan(0.8);
        }
    }

    /** One step of plain SGD against the gradient by hand: {@code y = w·x}, loss {@code (y − t)²}. */
    @Test
    void followsTheGradient() throws IOException {
        var m = new ModelBuilder(17);
        m.input("x", DataType.FLOAT, 1, 2);
        m.initializer(Tensor.floats("w", new float[] {1, -2}, 2, 1));
        m.node(Node.of("MatMul", "matmul", List.of("x", "w"), List.of("y")));
        m.output("y", DataType.FLOAT, 1, 1);
        var model = m.build();
        var batch = new Batch(
                Map.of("x", Value.of(new float[] {3, 1}, 1, 2)),
                1,
                Value.of(new float[] {0}, 1, 1),
                1,
                Map.of(),
                "one");

        try (var trainer = open(model, Objective.of(new Loss.MeanSquare("y")), settings(PLAIN))) {
            var losses = trainer.step(batch, 0.1, 0); // y = 1, dL/dw = 2·1·(3, 1)
            trainer.store();
            assertThat(losses.total()).isEqualTo(1);
            assertThat(losses.gradientNorm()).isCloseTo(2 * Math.sqrt(10), within(1e-5));
        }

        assertThat(floats(model.graph(), "w")).containsExactly(new float[] {0.4f, -2.2f}, within(1e-6f));
    }

    @Test
    void trainsApartWhatTheSettingsSayAndNothingElse() throws IOException {
        var model = TinyModels.mlp();
        var batch = ToyData.batches(model, 1, 1).get(0);
        var first = floats(model.graph(), "fc1.weight");
        var second = floats(model.graph(), "fc2.weight");
        var settings = settings(Optimizer.AdamW.decaying(0.01)).apart("fc2.weight"::equals, 0.01);
        try (var trainer = open(model, CLASSES, settings)) {
            trainer.step(batch, 0.1, 0);
            trainer.store();
            assertThat(floats(model.graph(), "fc2.weight")).isEqualTo(second);
            var moved = floats(model.graph(), "fc1.weight");
            assertThat(moved).isNotEqualTo(first);

            trainer.stepApart(batch, 0.01, 0);
            trainer.store();
            assertThat(floats(model.graph(), "fc1.weight")).isEqualTo(moved);
            // the first update of Adam is the rate for every weight that has a gradient
            assertThat(Math.abs(floats(model.graph(), "fc2.weight")[0] - second[0]))
                    .isCloseTo(0.01f, within(1e-3f));
        }
    }

    @Test
    void updatesOnceForTheMeanGradientOfGatheredBatches() throws IOException {
        var gathered = TinyModels.mlp();
        var atOnce = TinyModels.mlp();
        var batches = ToyData.batches(gathered, 2, 1);
        var optimizer = new Optimizer.Sgd(0.9, false, 1e-4);
        try (var trainer = open(gathered, CLASSES, settings(optimizer).accumulate(2))) {
            for (int i = 0; i < 3; i++) {
                trainer.gather(batches.get(0), i);
                trainer.step(batches.get(1), 0.1, i);
            }
            trainer.store();
        }
        try (var trainer = open(atOnce, CLASSES, settings(optimizer))) {
            for (int i = 0; i < 3; i++) {
                trainer.step(joined(batches), 0.1, i);
            }
            trainer.store();
        }

        assertThat(floats(gathered.graph(), "fc1.weight"))
                .containsExactly(floats(atOnce.graph(), "fc1.weight"), within(1e-6f));
    }

    private static Batch joined(List<Batch> batches) {
        int rows = batches.size() * ToyData.ROWS;
        var numbers = FloatBuffer.allocate(rows * 16);
        var labels = LongBuffer.allocate(rows);
        for (var batch : batches) {
            numbers.put(Objects.requireNonNull(batch.feed().get("x")).floats());
            labels.put(Objects.requireNonNull(batch.labels()).longs());
        }
        var x = Value.of(numbers.array(), rows, 16);
        return new Batch(Map.of("x", x), rows, Value.of(labels.array(), rows), 1, Map.of(), "joined");
    }

    @Test
    void learnsWithProductsInBfloat16() throws IOException {
        var model = TinyModels.cnn();
        var batch = ToyData.batches(model, 1, 1).get(0);
        try (var exact = open(model, CLASSES, settings(PLAIN));
                var rounded = open(model, CLASSES, settings(PLAIN).bfloat16(true))) {
            double before = rounded.evaluate(batch).total();
            assertThat(before).isNotEqualTo(exact.evaluate(batch).total());
            assertThat(before).isCloseTo(exact.evaluate(batch).total(), within(0.05));
            for (int i = 0; i < 60; i++) {
                rounded.step(batch, 0.1, i);
            }
            assertThat(rounded.evaluate(batch).total()).isLessThan(0.8 * before);
        }
    }

    @Test
    void clipsTheGradientByItsNorm() throws IOException {
        var model = TinyModels.mlp();
        var before = floats(model.graph(), "fc1.weight");
        try (var trainer = open(model, CLASSES, settings(PLAIN).clipNorm(1e-3))) {
            assertThat(trainer.step(ToyData.batches(model, 1, 1).get(0), 1, 0).gradientNorm())
                    .isGreaterThan(1e-2);
            trainer.store();
        }

        var after = floats(model.graph(), "fc1.weight");
        double square = 0;
        for (int i = 0; i < before.length; i++) {
            square += Math.pow(after[i] - before[i], 2);
        }
        assertThat(Math.sqrt(square)).isPositive().isLessThanOrEqualTo(1.01e-3);
    }

    @Test
    void keepsPrunedWeightsAtZero() throws IOException {
        var model = TinyModels.mlp();
        var weight = floats(model.graph(), "fc1.weight");
        for (int i = 0; i < weight.length; i += 2) {
            weight[i] = 0;
        }
        model.graph().put(Tensor.floats("fc1.weight", weight, 32, 16));

        try (var trainer =
                open(model, CLASSES, settings(Optimizer.AdamW.decaying(0.1)).keepZeros(true))) {
            for (var batch : ToyData.batches(model, 3, 1)) {
                trainer.step(batch, 0.01, 0);
            }
            trainer.store();
        }

        var trained = floats(model.graph(), "fc1.weight");
        for (int i = 0; i < weight.length; i++) {
            assertThat(trained[i] == 0).isEqualTo(i % 2 == 0);
        }
    }

    @Test
    void writesBackBitForBitWhatItDidNotTrain() throws IOException {
        var model = TinyModels.cnn();
        var copy = TinyModels.cnn();
        try (var trainer = open(model, CLASSES, settings(PLAIN))) {
            trainer.store();
        }
        assertThat(model).isEqualTo(copy);
    }

    @Test
    void trainsHalfPrecisionInFloatAndStoresHalf() throws IOException {
        var m = new ModelBuilder(17);
        m.input("x", DataType.FLOAT16, 32, 16);
        var values = new float[64];
        for (int i = 0; i < values.length; i++) {
            values[i] = (i % 7 - 3) / 8f;
        }
        m.initializer(Tensor.floats("w", DataType.FLOAT16, values, 16, 4));
        m.node(Node.of("MatMul", "matmul", List.of("x", "w"), List.of("y")));
        m.output("y", DataType.FLOAT16, 32, 4);
        var model = m.build();
        var batch = ToyData.batches(model, 1, 1).get(0);

        try (var trainer = open(model, CLASSES, settings(PLAIN))) {
            trainer.step(batch, 1e-5, 0); // too little for half precision to see at once
            for (int i = 0; i < 1000; i++) {
                trainer.step(batch, 1e-5, 0);
            }
            trainer.store();
        }

        assertThat(model.graph().initializer("w").orElseThrow().type()).isEqualTo(DataType.FLOAT16);
        assertThat(floats(model.graph(), "w")).isNotEqualTo(values);
    }

    /** A model that stores integers stays one, and computes what the training computed. */
    @Test
    void trainsIntegerWeightsBehindDequantizeLinear() throws IOException {
        var m = new ModelBuilder(21);
        m.input("x", DataType.FLOAT, ToyData.ROWS, 16);
        var integers = new long[64];
        for (int i = 0; i < integers.length; i++) {
            integers[i] = i * 37L % 15 - 7;
        }
        m.initializer(Tensor.integers("w", DataType.INT4, integers, 16, 4));
        m.initializer(Tensor.floats("scale", new float[] {0.1f, 0.2f, 0.1f, 0.15f}, 4));
        m.node(Node.of("DequantizeLinear", "dq", List.of("w", "scale"), List.of("float"), Attribute.of("axis", 1)));
        m.node(Node.of("MatMul", "matmul", List.of("x", "float"), List.of("y")));
        m.output("y", DataType.FLOAT, ToyData.ROWS, 4);
        var model = m.build();
        var batch = ToyData.batches(model, 1, 1).get(0);
        double trained;

        try (var trainer = open(model, CLASSES, settings(new Optimizer.Sgd(0.9, false, 0)))) {
            double before = trainer.evaluate(batch).total();
            for (int i = 0; i < 50; i++) {
                trainer.step(batch, 0.05, i);
            }
            trained = trainer.evaluate(batch).total();
            assertThat(trained).isLessThan(before / 2);
            trainer.store();
        }

        var weight = model.graph().initializer("w").orElseThrow();
        assertThat(weight.type()).isEqualTo(DataType.INT4);
        assertThat(weight.longs()).isNotEqualTo(integers);
        try (var again = open(model, CLASSES, settings(PLAIN))) {
            assertThat(again.evaluate(batch).total()).isCloseTo(trained, within(1e-5));
        }
    }

    /** Rounding has no slope; its gradient is taken as if it were not there. */
    @Test
    void letsGradientsThroughQuantizedActivations() throws IOException {
        var m = new ModelBuilder(17);
        m.input("x", DataType.FLOAT, ToyData.ROWS, 16);
        var h = m.node("MatMul", List.of("x", m.normal("w", 16, 4)));
        m.initializer(Tensor.floats("scale", new float[] {0.05f}));
        m.initializer(Tensor.bytes("zero", DataType.UINT8, new byte[] {(byte) 128}));
        var q = m.node("QuantizeLinear", List.of(h, "scale", "zero"));
        m.node(Node.of("DequantizeLinear", "dq", List.of(q, "scale", "zero"), List.of("y")));
        m.output("y", DataType.FLOAT, ToyData.ROWS, 4);
        var model = m.build();

        falls(model, CLASSES, ToyData.batches(model, 1, 1).get(0));
    }

    @Test
    void learnsWeightsInConstantNodesAndInTheBranchTaken() throws IOException {
        var model = TinyModels.branches();
        var then = floats(branch(model, "then_branch"), "then.weight");
        var other = floats(branch(model, "else_branch"), "else.weight");
        var outer = floats(model.graph(), "outer.weight");
        var batch = new Batch(
                Map.of("x", Value.of(new float[] {1, 2, 3, 4}, 1, 4), "flag", Value.full(DataType.BOOL, 1)),
                1,
                Value.of(new long[] {2}, 1),
                1,
                Map.of(),
                "one");

        try (var trainer = open(model, CLASSES, settings(Optimizer.AdamW.decaying(0.1)))) {
            trainer.step(batch, 0.1, 0);
            trainer.store();
        }

        assertThat(floats(model.graph(), "outer.weight")).isNotEqualTo(outer);
        assertThat(floats(branch(model, "then_branch"), "then.weight")).isNotEqualTo(then);
        assertThat(floats(branch(model, "else_branch"), "else.weight")).isEqualTo(other);
    }

    @Test
    void learnsStatisticsOfTheDataUnlessTheyAreFrozen() throws IOException {
        var updated = TinyModels.cnn();
        var frozen = TinyModels.cnn();
        var before = floats(updated.graph(), "bn.mean");
        try (var trainer = open(updated, CLASSES, settings(PLAIN))) {
            trainer.step(ToyData.batches(updated, 1, 1).get(0), 0.01, 0);
            trainer.store();
        }
        try (var trainer = open(frozen, CLASSES, settings(PLAIN).batchStatistics(false))) {
            trainer.step(ToyData.batches(frozen, 1, 1).get(0), 0.01, 0);
            trainer.store();
        }

        assertThat(floats(updated.graph(), "bn.mean")).isNotEqualTo(before);
        assertThat(floats(frozen.graph(), "bn.mean")).isEqualTo(before);
        assertThat(floats(frozen.graph(), "conv1.weight"))
                .isNotEqualTo(floats(TinyModels.cnn().graph(), "conv1.weight"));
    }

    @ParameterizedTest
    @EnumSource(Loss.Measure.class)
    void comesNearerToATeacher(Loss.Measure measure) throws IOException {
        var model = TinyModels.mlp();
        var teacher = new float[ToyData.ROWS * 4];
        for (int i = 0; i < teacher.length; i++) {
            teacher[i] = (float) Math.sin(i);
        }
        boolean maps = measure == Loss.Measure.ATTENTION;
        var shaped = maps ? Value.of(teacher, ToyData.ROWS, 1, 4) : Value.of(teacher, ToyData.ROWS, 4);
        var batch = teaching(model, "hint", shaped);
        if (maps) { // attention is over the axes behind the channels
            model.graph().put(Tensor.longs("map", new long[] {-1, 1, 4}, 3));
            model.graph().add(Node.of("Reshape", "map", List.of("y", "map"), List.of("mapped")));
        }

        falls(model, Objective.of(new Loss.Hint(maps ? "mapped" : "y", "hint", measure)), batch);
    }

    @Test
    void mixesSoftTargetsAndLabelsByWeight() throws IOException {
        var model = TinyModels.mlp();
        var batch = teaching(model, "teacher", Value.full(DataType.FLOAT, 0.5, ToyData.ROWS, 4));
        var objective = Objective.distillation("y", "teacher", 4, 0.25);

        try (var trainer = open(model, objective, settings(PLAIN))) {
            var losses = trainer.evaluate(batch);
            assertThat(losses.total())
                    .isCloseTo(
                            0.75 * losses.terms().get(0) + 0.25 * losses.terms().get(1), within(1e-5));
        }
        falls(model, objective, batch);
    }

    @Test
    void givesNoLossForTheTeachersOwnAnswers() throws IOException {
        var m = new ModelBuilder(17);
        m.input("x", DataType.FLOAT, ToyData.ROWS, 4);
        m.initializer(Tensor.floats("w", new float[] {1, 1, 1, 1}, 4));
        m.node(Node.of("Mul", "mul", List.of("x", "w"), List.of("y")));
        m.output("y", DataType.FLOAT, ToyData.ROWS, 4);
        var model = m.build();
        var same = ToyData.batches(model, 1, 1).get(0).feed().get("x");

        try (var trainer = open(model, Objective.of(new Loss.SoftTargets("y", "t", 3)), settings(PLAIN))) {
            assertThat(trainer.evaluate(teaching(model, "t", Objects.requireNonNull(same)))
                            .total())
                    .isCloseTo(0, within(1e-6));
        }
    }

    /** Class logits of every pixel lie channels-last in memory behind a convolution. */
    @Test
    void trainsSegmentation() throws IOException {
        var m = new ModelBuilder(17);
        m.input("x", DataType.FLOAT, ToyData.ROWS, 3, 5, 5);
        m.node(Node.of("Conv", "conv", List.of("x", m.normal("w", 4, 3, 1, 1), m.normal("b", 4)), List.of("y")));
        m.output("y", DataType.FLOAT, ToyData.ROWS, 4, 5, 5);
        var model = m.build();
        var plain = ToyData.batches(model, 1, 1).get(0);
        var labels = new long[ToyData.ROWS * 25];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = i % 2;
        }
        var pixels = Value.of(labels, ToyData.ROWS, 5, 5);

        falls(model, CLASSES, new Batch(plain.feed(), ToyData.ROWS, pixels, 1, Map.of(), "pixels"));
    }

    @Test
    void refusesDataWithoutTheTarget() throws IOException {
        var model = TinyModels.mlp();
        try (var trainer = open(model, Objective.of(new Loss.SoftTargets("y", "teacher", 1)), settings(PLAIN))) {
            assertThatThrownBy(() -> trainer.step(ToyData.batches(model, 1, 1).get(0), 0.1, 0))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("TARGET_MISSING")
                    .hasMessageContaining("teacher");
        }
    }

    @Test
    void refusesAModelWithoutWeights() {
        assertThatThrownBy(() -> open(TinyModels.mlp(), CLASSES, settings(PLAIN).trainable(name -> false)))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("NOTHING_TO_TRAIN");
    }

    private void falls(Model model, Objective objective, Batch batch) throws IOException {
        try (var trainer = open(model, objective, settings(Optimizer.AdamW.decaying(0)))) {
            double before = trainer.evaluate(batch).total();
            for (int i = 0; i < 60; i++) {
                trainer.step(batch, 0.01, i);
            }
            assertThat(trainer.evaluate(batch).total()).isLessThan(0.8 * before);
        }
    }

    private static Batch teaching(Model model, String name, Value teacher) {
        var plain = ToyData.batches(model, 1, 1).get(0);
        return new Batch(plain.feed(), plain.rows(), plain.labels(), 1, Map.of(name, teacher), plain.where());
    }

    private Trainer open(Model model, Objective objective, TrainingSettings settings) throws IOException {
        return Trainer.open(model, objective, settings, directory);
    }

    private static TrainingSettings settings(Optimizer optimizer) {
        return TrainingSettings.of(optimizer, Schedule.constant(0.01), Budget.epochs(1));
    }

    private static Graph branch(Model model, String attribute) {
        return model.graph().nodes().stream()
                .filter(node -> node.is("If"))
                .findFirst()
                .flatMap(node -> node.graph(attribute))
                .orElseThrow();
    }

    private static float[] floats(Graph graph, String name) {
        return graph.constant(name).orElseThrow().floats();
    }
}
