package dev.millrace.engine.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.engine.Value;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.fixture.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RevisionsTest {
    private static final Objective CLASSES = Objective.of(new Loss.CrossEntropy("y", 0));
    private static final TrainingSettings SETTINGS =
            TrainingSettings.adamW(0.02, Budget.epochs(3)).keepZeros(true).checkpointEvery(Duration.ZERO);

    @TempDir
    Path directory;

    /** Sets a third more of every weight to zero each time. */
    private record Thirds(Model model, boolean restartsRate) implements Revisions {
        @Override
        public List<Double> at() {
            return List.of(0.0, 0.5);
        }

        @Override
        public void revise(int number, Trainer trainer) {
            trainer.store();
            weights(model).forEach(weight -> {
                var numbers = weight.floats();
                for (int i = 0; i < numbers.length; i++) {
                    numbers[i] = i % 3 <= number ? 0 : numbers[i];
                }
                model.graph().setConstant(weight.withFloats(numbers));
            });
            trainer.load();
        }
    }

    private static List<Tensor> weights(Model model) {
        return model.graph().initializers().stream()
                .filter(tensor -> tensor.type().isFloatingPoint() && tensor.rank() > 1)
                .toList();
    }

    @Test
    void holdsTheZerosOfTheLastRevisionAndTrainsTheRest() throws IOException {
        var model = trained(null, null);

        weights(model).forEach(weight -> {
            var numbers = weight.floats();
            for (int i = 0; i < numbers.length; i++) {
                assertThat(numbers[i] == 0).as(weight + " " + i).isEqualTo(i % 3 <= 1);
            }
        });
        assertThat(model).isNotEqualTo(TinyModels.cnn());
    }

    @Test
    void continuesBehindARevisionToTheSameBytes() throws IOException {
        var kept = new ArrayList<Path>();
        var whole = trained(null, kept);
        assertThat(kept).hasSize(24);

        for (int step : new int[] {5, 12, 13, 20}) { // the second revision comes before step 13
            assertThat(trained(kept.get(step - 1), null)).as("from " + step).isEqualTo(whole);
        }
    }

    @Test
    void letsTheRateStartAnew() {
        var revisions = new Thirds(TinyModels.cnn(), true);

        assertThat(revisions.progress(0.25, 1)).isEqualTo(0.5);
        assertThat(revisions.progress(0.5, 2)).isZero();
        assertThat(revisions.progress(0.75, 2)).isEqualTo(0.5);
        assertThat(new Thirds(TinyModels.cnn(), false).progress(0.75, 2)).isEqualTo(0.75);
    }

    @Test
    void addsUpHowFarWeightsMoveFromZero() throws IOException {
        var model = TinyModels.mlp();
        var before = weights(model);
        var settings = TrainingSettings.of(new Optimizer.Sgd(0, false, 0), Schedule.constant(1e-3), Budget.steps(1))
                .movement(true);
        try (var trainer = Trainer.open(model, CLASSES, settings, directory)) {
            for (var batch : ToyData.batches(model, 10, 1)) {
                trainer.step(batch, 1e-3, 0);
            }
            trainer.store();
            for (var weight : before) {
                double moved = 0;
                var now = model.graph().initializer(weight.name()).orElseThrow().floats();
                for (int i = 0; i < now.length; i++) {
                    moved += (now[i] * (double) now[i] - weight.floats()[i] * (double) weight.floats()[i]) / 2;
                }
                double told = sum(trainer.movement().stream()
                        .filter(each -> each.weight().name().equals(weight.name()))
                        .findFirst()
                        .orElseThrow());
                // Plain descent in small steps: Σ −rate·g·w is the integral of w dw.
                assertThat(told).isCloseTo(moved, within(0.02 * Math.abs(moved)));
            }
        }
    }

    @Test
    void whatIsHeldAtZeroGoesOnToBeScoredAndComesBackAsItWas() throws IOException {
        var model = TinyModels.mlp();
        var before = model.graph().initializer("fc1.weight").orElseThrow().floats();
        var settings = TrainingSettings.of(new Optimizer.Sgd(0, false, 0), Schedule.constant(1e-3), Budget.steps(1))
                .keepZeros(true)
                .movement(true);
        var batch = ToyData.batches(model, 1, 1).get(0);
        try (var trainer = Trainer.open(model, CLASSES, settings, directory)) {
            var held = before.clone();
            for (int i = 0; i < held.length; i += 2) {
                held[i] = 0;
            }
            replace(model, held);
            trainer.load();
            var gradient = firstLayer(trainer.gradients(batch));
            trainer.step(batch, 1e-3, 0);
            var moved = firstLayer(trainer.movement());
            trainer.store();
            var during = model.graph().initializer("fc1.weight").orElseThrow().floats();
            trainer.uncover();
            trainer.store();
            var after = model.graph().initializer("fc1.weight").orElseThrow().floats();

            for (int i = 0; i < held.length; i++) {
                double expected = -1e-3 * gradient.number(i) * before[i];
                assertThat(moved.number(i)).isCloseTo(expected, within(1e-6));
                assertThat(after[i]).isEqualTo(i % 2 == 0 ? before[i] : during[i]);
                if (i % 2 == 0) {
                    assertThat(during[i]).isZero();
                }
            }
        }
    }

    private static void replace(Model model, float[] numbers) {
        var weight = model.graph().initializer("fc1.weight").orElseThrow();
        model.graph().setConstant(weight.withFloats(numbers));
    }

    private static Value firstLayer(List<Trainer.PerWeight> all) {
        return all.stream()
                .filter(each -> each.weight().name().equals("fc1.weight"))
                .findFirst()
                .orElseThrow()
                .numbers();
    }

    @Test
    void curvatureIsTheChangeOfTheGradientAlongTheDirection() throws IOException {
        var model = TinyModels.mlp();
        var batch = ToyData.batches(model, 1, 1).get(0);
        var settings = TrainingSettings.adamW(1e-3, Budget.steps(1));
        double step = 1e-2;
        try (var trainer = Trainer.open(model, CLASSES, settings, directory)) {
            var direction = trainer.gradients(batch);
            var curvature = trainer.curvature(batch, direction);
            move(model, direction, step);
            trainer.load();
            var ahead = trainer.gradients(batch);
            move(model, direction, -2 * step);
            trainer.load();
            var behind = trainer.gradients(batch);
            double squares = 0;
            double errors = 0;
            for (int w = 0; w < direction.size(); w++) {
                for (int i = 0; i < direction.get(w).numbers().size(); i++) {
                    double found = curvature.get(w).numbers().number(i);
                    double expected = (ahead.get(w).numbers().number(i)
                                    - behind.get(w).numbers().number(i))
                            / (2 * step);
                    squares += expected * expected;
                    errors += (found - expected) * (found - expected);
                }
            }
            assertThat(Math.sqrt(errors / squares)).isLessThan(0.05);
        }
    }

    private static void move(Model model, List<Trainer.PerWeight> direction, double step) {
        for (var each : direction) {
            var weight = model.graph().initializer(each.weight().name()).orElseThrow();
            var numbers = weight.floats();
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] += (float) (step * each.numbers().number(i));
            }
            model.graph().setConstant(weight.withFloats(numbers));
        }
    }

    private static double sum(Trainer.PerWeight weight) {
        double sum = 0;
        for (int i = 0; i < weight.numbers().size(); i++) {
            sum += weight.numbers().number(i);
        }
        return sum;
    }

    /** Three epochs of eight batches. */
    private Model trained(@Nullable Path from, @Nullable List<Path> kept) throws IOException {
        var model = TinyModels.cnn();
        var data = ToyData.of(model, 8, 1);
        new TrainingLoop(SETTINGS, data, ToyData.of(model, 2, 2), keeping(from, kept), Clock.systemUTC(), directory)
                .run(model, CLASSES, new Thirds(model, true));
        return model;
    }

    private TrainingLoop.Observer keeping(@Nullable Path from, @Nullable List<Path> kept) {
        return new TrainingLoop.Observer() {
            @Override
            public void progressed(double done, Map<String, Double> metrics) {}

            @Override
            public Optional<Path> latest() {
                return Optional.ofNullable(from);
            }

            @Override
            public void save(Path checkpoint) throws IOException {
                if (kept != null) {
                    kept.add(Files.copy(checkpoint, directory.resolve("kept-" + kept.size())));
                }
            }
        };
    }
}
