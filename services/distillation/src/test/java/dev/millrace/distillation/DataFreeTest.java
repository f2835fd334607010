package dev.millrace.distillation;

import static dev.millrace.distillation.TestTask.figure;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.fixture.TinyModels;
import dev.millrace.stage.SharedCache;
import dev.millrace.stage.fixture.LocalTask;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataFreeTest {
    private static final String FEW =
            "{\"samples\": 128, \"inversionSteps\": 150, \"epochs\": 30, \"learningRate\": 0.01}";

    @TempDir
    Path directory;

    @Test
    void samplesHaveTheStatisticsThatTheTeacherRemembers() throws IOException {
        var task = new TestTask(directory, TinyModels.cnn());
        var inversion = new Inversion(task.model(), task);
        var progress = new ArrayList<Double>();

        var made = inversion.batch(64, 200, 0, 1, progress::add);

        assertThat(made.dims()).containsExactly(64, 3, 8, 8);
        assertThat(progress).hasSizeGreaterThanOrEqualTo(200).last().isEqualTo(1.0);
        var noise = inversion.batch(64, 1, 0, 1, done -> {});
        assertThat(strangeness(task.model(), made)).isLessThan(0.2 * strangeness(task.model(), noise));
        assertThat(inversion.batch(64, 200, 0, 1, done -> {}).bytes()).isEqualTo(made.bytes());
    }

    @Test
    void smoothSamplesDifferLessFromNeighbours() throws IOException {
        var task = new TestTask(directory, TinyModels.cnn());
        var inversion = new Inversion(task.model(), task);

        var rough = inversion.batch(16, 60, 0, 1, done -> {});
        var smooth = inversion.batch(16, 60, 1, 1, done -> {});

        assertThat(roughness(smooth)).isLessThan(0.5 * roughness(rough));
    }

    @Test
    void teachesAPrunedModelWithoutAnyData() throws IOException {
        var task = new TestTask(directory, pruned()).baseline(TinyModels.cnn());

        var result = task.run(new DataFree(), FEW);

        assertThat(figure(result, "after", "relativeError"))
                .isLessThan(0.6 * figure(result, "before", "relativeError"));
    }

    @Test
    void samplesAreMadeOnceForAllTasks() throws IOException {
        var cache = new SharedCache(directory.resolve("cache"), 1 << 20);
        var made = new ArrayList<String>();
        var task = new LocalTask(directory, new TestTask(directory, TinyModels.cnn()).model()) {
            @Override
            public Optional<SharedCache> cache() {
                return Optional.of(cache);
            }

            @Override
            public void progress(double fraction, String activity, Map<String, Double> metrics) {
                made.add(activity);
            }
        };
        var first = new MadeSamples(task.model(), 5, 0.1, task.fresh()).make(200);
        assertThat(made).isNotEmpty();
        made.clear();

        var second = new MadeSamples(task.model(), 5, 0.1, task.fresh()).make(200);

        assertThat(made).isEmpty();
        assertThat(Files.mismatch(first.path(), second.path())).isEqualTo(-1);
        new MadeSamples(task.model(), 6, 0.1, task.fresh()).make(200);
        assertThat(made).isNotEmpty();
    }

    @Test
    void refusesATeacherWithoutStatistics() throws IOException {
        var task = new TestTask(directory, pruned()).baseline(TinyModels.residual(2));

        assertThatThrownBy(() -> task.run(new DataFree(), FEW))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("NO_STATISTICS");
    }

    @Test
    void refusesATeacherOfSeveralInputs() throws IOException {
        var task = new TestTask(directory, pruned()).baseline(TinyModels.branches());

        assertThatThrownBy(() -> task.run(new DataFree(), FEW))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("INPUT_UNSUITED")
                .hasMessageContaining("bool");
    }

    /** The small network without half of the weights of its first convolution. */
    private static Model pruned() {
        var model = TinyModels.cnn();
        var weight = model.graph().initializer("conv1.weight").orElseThrow();
        var numbers = weight.floats();
        for (int i = 0; i < numbers.length; i += 2) {
            numbers[i] = 0;
        }
        model.graph().put(weight.withFloats(numbers));
        return model;
    }

    /** How far means and variances of what enters the BatchNormalization are from those that it knows; 0 for the same. */
    private double strangeness(Path file, Value samples) throws IOException {
        var graph = Model.read(file).graph();
        var layer = graph.nodes().stream()
                .filter(node -> node.is("BatchNormalization"))
                .findFirst()
                .orElseThrow();
        var mean = graph.constant(layer.input(3)).orElseThrow().floats();
        var variance = graph.constant(layer.input(4)).orElseThrow().floats();
        double sum = 0;
        try (var session = OrtSession.observing(file, List.of(layer.input(0)), directory, SessionSettings.threads(1));
                var outputs = session.run(Map.of("x", samples), List.of(layer.input(0)))) {
            var seen = outputs.get(layer.input(0));
            int pixels = (int) (seen.dim(2) * seen.dim(3));
            for (int channel = 0; channel < mean.length; channel++) {
                double first = 0;
                double second = 0;
                for (int row = 0; row < seen.dim(0); row++) {
                    for (int i = 0; i < pixels; i++) {
                        double z = (seen.number((row * mean.length + channel) * pixels + i) - mean[channel])
                                / Math.sqrt(variance[channel]);
                        first += z;
                        second += z * z;
                    }
                }
                double all = seen.dim(0) * pixels;
                sum += Math.pow(first / all, 2) + Math.pow(second / all - 1, 2);
            }
        }
        return sum / mean.length;
    }

    private static double roughness(Value samples) {
        double sum = 0;
        int width = (int) samples.dim(3);
        for (int i = 0; i < samples.size(); i++) {
            if (i % width > 0) {
                sum += Math.pow(samples.number(i) - samples.number(i - 1), 2);
            }
        }
        return sum / samples.size();
    }
}
