package dev.millrace.engine.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.engine.Value;
import dev.millrace.engine.data.Batch;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.fixture.TinyModels;
import java.io.IOException;
import java.io.UncheckedIOException;
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

class TrainingLoopTest {
    private static final Objective CLASSES = Objective.of(new Loss.CrossEntropy("y", 0));

    @TempDir
    Path directory;

    @Test
    void trainsUntilTheBudgetIsUsedUp() throws IOException {
        var model = TinyModels.mlp();
        var progress = new ArrayList<Double>();
        var metrics = new ArrayList<Map<String, Double>>();
        var observer = new Recorder(null) {
            @Override
            public void progressed(double done, Map<String, Double> live) {
                progress.add(done);
                metrics.add(Map.copyOf(live));
            }
        };

        var result = loop(adamW(12), ToyData.of(model, 8, 1), ToyData.of(model, 2, 2), observer)
                .run(model, CLASSES);

        assertThat(result.steps()).isEqualTo(96);
        assertThat(result.ending()).isEqualTo(TrainingResult.Ending.BUDGET);
        assertThat(result.best()).isGreaterThan(0.7);
        assertThat(progress).isSorted().endsWith(1.0);
        assertThat(metrics.get(0)).containsKeys("loss", "accuracy", "learningRate", "gradientNorm", "samplesPerSecond");
        assertThat(metrics.get(metrics.size() - 1)).containsKey("validationScore");
    }

    @Test
    void givesTheSameBytesForTheSameSeed() throws IOException {
        assertThat(trained(new Recorder(null))).isEqualTo(trained(new Recorder(null)));
    }

    @Test
    void continuesFromACheckpointToTheSameBytes() throws IOException {
        var whole = trained(new Recorder(null));
        var saved = new Recorder(directory.resolve("kept"));
        trained(saved);
        assertThat(saved.count).isEqualTo(24);

        var continued = new Recorder(saved.file(11)); // in the middle of the second epoch
        assertThat(trained(continued)).isEqualTo(whole);
        assertThat(continued.steps).isEqualTo(24 - 11);
    }

    @Test
    void continuesToTheSameBytesWhenItGathersBatchesAndVariesThem() throws IOException {
        var whole = varied(new Recorder(null));
        var saved = new Recorder(directory.resolve("kept"));
        varied(saved);
        assertThat(saved.count).isEqualTo(9); // three epochs of eight batches, three at a time

        var continued = new Recorder(saved.file(4)); // behind the first three batches of the second epoch
        assertThat(varied(continued)).isEqualTo(whole);
        assertThat(continued.steps).isEqualTo(9 - 4);
    }

    @Test
    void learnsAProjectionForHintsOfAnotherWidthAndLeavesNoTraceOfIt() throws IOException {
        var model = TinyModels.mlp();
        var nodes = model.graph().nodes().size();
        var wide = hinted(ToyData.of(model, 8, 1), 48);
        var objective = Objective.of(new Loss.Hint("r", "teacher", Loss.Measure.MEAN_SQUARE));

        var result = loop(adamW(12), wide, null, new Recorder(null)).run(model, objective);

        assertThat(result.trainingLoss()).isLessThan(0.5); // of targets with a mean square of 1
        assertThat(model.graph().nodes()).hasSize(nodes);
        assertThat(model.graph().initializers())
                .hasSameSizeAs(TinyModels.mlp().graph().initializers());
        assertThatThrownBy(() -> loop(adamW(1), hinted(ToyData.of(model, 8, 1), 1, 48), null, new Recorder(null))
                        .run(model, objective))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("HINT_MISMATCH");
    }

    /** Every row has the same answer, of ones and minus ones in turn. */
    private static TrainingData hinted(TrainingData data, long... widths) {
        var dims = new long[widths.length + 1];
        dims[0] = ToyData.ROWS;
        System.arraycopy(widths, 0, dims, 1, widths.length);
        var answer = new float[ToyData.ROWS * 48];
        for (int i = 0; i < answer.length; i++) {
            answer[i] = i % 2 == 0 ? 1 : -1;
        }
        return new TrainingData() {
            @Override
            public Iterable<Batch> epoch(long number) {
                var batches = new ArrayList<Batch>();
                for (var batch : data.epoch(number)) {
                    var expected = Map.of("teacher", Value.of(answer, dims));
                    batches.add(new Batch(batch.feed(), batch.rows(), batch.labels(), 1, expected, batch.where()));
                }
                return batches;
            }

            @Override
            public long batches() throws IOException {
                return data.batches();
            }
        };
    }

    @Test
    void stopsWhenValidationGetsNoBetterAndKeepsTheBest() throws IOException {
        var model = TinyModels.mlp();
        var settings = TrainingSettings.of(new Optimizer.Sgd(0, false, 0), Schedule.constant(1e-12), Budget.epochs(50))
                .patience(2);

        var result = loop(settings, ToyData.of(model, 2, 1), ToyData.of(model, 1, 2), new Recorder(null))
                .run(model, CLASSES);

        assertThat(result.ending()).isEqualTo(TrainingResult.Ending.PATIENCE);
        assertThat(result.epochs()).isEqualTo(3);
    }

    @Test
    void saysWhenTrainingDivergedAndKeepsTheBestSoFar() throws IOException {
        var model = TinyModels.mlp();
        var data = ToyData.of(model, 4, 1);
        var settings = TrainingSettings.of(
                new Optimizer.Sgd(0, false, 0), new Schedule(1e30, 0.5, Schedule.Decay.CONSTANT), Budget.epochs(4));

        assertThatThrownBy(() -> loop(settings, data, data, new Recorder(null)).run(model, CLASSES))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("TRAINING_DIVERGED")
                .hasMessageMatching("(?s).*step \\d+ of 16, epoch \\d+, toy data, batch \\d.*");
        assertThat(model).isEqualTo(TinyModels.mlp());
    }

    @Test
    void trainsForAsLongAsItMay() throws IOException {
        var model = TinyModels.mlp();
        var budget = Budget.epochs(1_000_000).within(Duration.ofMillis(300));

        var result = loop(TrainingSettings.adamW(1e-3, budget), ToyData.of(model, 8, 1), null, new Recorder(null))
                .run(model, CLASSES);

        assertThat(result.elapsed()).isBetween(Duration.ofMillis(300), Duration.ofSeconds(10));
        assertThat(result.steps()).isPositive();
        assertThat(model).isNotEqualTo(TinyModels.mlp());
    }

    @Test
    void tellsAFailureOfTheData() {
        var data = new TrainingData() {
            @Override
            public Iterable<Batch> epoch(long number) {
                return () -> {
                    throw new UncheckedIOException(new IOException("disk gone"));
                };
            }

            @Override
            public long batches() {
                return 1;
            }
        };

        assertThatThrownBy(() -> loop(adamW(1), data, null, new Recorder(null)).run(TinyModels.mlp(), CLASSES))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("disk gone");
    }

    @Test
    void risesWhileWarmingUpAndFallsAfterwards() {
        var schedule = new Schedule(1, 0.1, Schedule.Decay.COSINE);

        assertThat(schedule.rate(0.05)).isEqualTo(0.5);
        assertThat(schedule.rate(0.1)).isEqualTo(1);
        assertThat(schedule.rate(0.55)).isCloseTo(0.5, org.assertj.core.api.Assertions.within(1e-9));
        assertThat(schedule.rate(1)).isCloseTo(0, org.assertj.core.api.Assertions.within(1e-9));
    }

    @Test
    void findsARateThatTrainsBetterAndRemembersIt() throws IOException {
        var model = TinyModels.mlp();
        var data = ToyData.of(model, 8, 1);
        var held = ToyData.of(model, 2, 2);
        var settings = TrainingSettings.adamW(1e-5, Budget.epochs(60)).rates(List.of(1e-6, 1e-5, 1e-2, 1e-1));
        var saved = new Recorder(directory.resolve("rates"));

        var result =
                loop(settings.checkpointEvery(Duration.ZERO), data, held, saved).run(model, CLASSES);
        var continued = TinyModels.mlp();
        var rest = loop(settings, data, held, new Recorder(saved.file(saved.count - 3)))
                .run(continued, CLASSES);

        assertThat(result.learningRate()).isIn(1e-2, 1e-1);
        assertThat(rest.learningRate()).isEqualTo(result.learningRate());
        assertThat(continued).isEqualTo(model);
    }

    @Test
    void triesNoRatesWhereThatTakesTooLong() throws IOException {
        var settings = TrainingSettings.adamW(1e-5, Budget.epochs(1)).rates(List.of(1e-5, 1e-2));

        var result = loop(settings, ToyData.of(TinyModels.mlp(), 8, 1), null, new Recorder(null))
                .run(TinyModels.mlp(), CLASSES);

        assertThat(result.learningRate()).isEqualTo(1e-5);
    }

    @Test
    void handsOutAPlaceFromWhichAnotherRunBranchesOff() throws IOException {
        var data = ToyData.of(TinyModels.mlp(), 8, 1);
        var branch = directory.resolve("branch");
        var settings = adamW(4).branchAt(0.75);
        var whole = TinyModels.mlp();
        loop(settings, data, null, new Recorder(null) {
                    @Override
                    public void branched(Path checkpoint) throws IOException {
                        Files.copy(checkpoint, branch);
                    }
                })
                .run(whole, CLASSES);
        var branched = TinyModels.mlp();
        var rest = new Recorder(branch);

        loop(settings, data, null, rest).run(branched, CLASSES);

        assertThat(rest.steps).isEqualTo(8);
        assertThat(branched).isEqualTo(whole);
    }

    @Test
    void whatBranchesOffAtTheBeginningFindsItsOwnRate() throws IOException {
        var data = ToyData.of(TinyModels.mlp(), 40, 1);
        var branch = directory.resolve("branch");
        var settings = TrainingSettings.adamW(1e-4, Budget.epochs(10)).rates(List.of(1e-4, 1e-2));
        var alone = TinyModels.mlp();
        var result = loop(settings, data, null, new Recorder(null)).run(alone, CLASSES);
        loop(settings.branchAt(0), data, null, new Recorder(null) {
                    @Override
                    public void branched(Path checkpoint) throws IOException {
                        Files.copy(checkpoint, branch);
                    }
                })
                .run(TinyModels.mlp(), Objective.of(new Loss.CrossEntropy("y", 0.5)));
        var branched = TinyModels.mlp();

        var rest = loop(settings, data, null, new Recorder(branch)).run(branched, CLASSES);

        assertThat(rest.learningRate()).isEqualTo(result.learningRate()).isEqualTo(1e-2);
        assertThat(branched).isEqualTo(alone);
    }

    /** Three epochs of eight batches with dropout-free AdamW, best kept. */
    private Model trained(Recorder observer) throws IOException {
        var model = TinyModels.cnn();
        var settings = adamW(3).checkpointEvery(Duration.ZERO);
        loop(settings, ToyData.of(model, 8, 1), ToyData.of(model, 2, 2), observer)
                .run(model, CLASSES);
        return model;
    }

    private Model varied(Recorder observer) throws IOException {
        var model = TinyModels.cnn();
        var data = new Augmentation(1, true, 0.1, 0.2).of(ToyData.of(model, 8, 1), 5);
        loop(adamW(3).accumulate(3).checkpointEvery(Duration.ZERO), data, ToyData.of(model, 2, 2), observer)
                .run(model, CLASSES);
        return model;
    }

    private static TrainingSettings adamW(double epochs) {
        return TrainingSettings.adamW(0.02, Budget.epochs(epochs));
    }

    private TrainingLoop loop(
            TrainingSettings settings, TrainingData data, @Nullable TrainingData held, Recorder observer) {
        return new TrainingLoop(settings, data, held, observer, Clock.systemUTC(), directory);
    }

    /** Keeps every checkpoint in a folder, or continues from one file. */
    private static class Recorder implements TrainingLoop.Observer {
        private final @Nullable Path place;
        private int count;
        private int steps;
        private double last;

        Recorder(@Nullable Path place) {
            this.place = place;
        }

        Path file(int number) {
            return java.util.Objects.requireNonNull(place).resolve("checkpoint-" + number);
        }

        @Override
        public void progressed(double done, Map<String, Double> metrics) {
            if (done > last) { // a validation reports at the place of the step before it
                steps++;
                last = done;
            }
        }

        @Override
        public Optional<Path> latest() {
            return Optional.ofNullable(place).filter(Files::isRegularFile);
        }

        @Override
        public void save(Path checkpoint) throws IOException {
            count++;
            if (place != null && !Files.isRegularFile(place)) {
                Files.createDirectories(place);
                Files.copy(checkpoint, file(count));
            }
        }
    }
}
