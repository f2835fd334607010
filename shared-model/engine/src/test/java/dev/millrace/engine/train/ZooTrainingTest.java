package dev.millrace.engine.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.engine.data.Batch;
import dev.millrace.engine.torch.ZooModels;
import dev.millrace.onnx.Model;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Published models, trained for some steps towards other outputs; where MILLRACE_ZOO names folders with models. */
@EnabledIfEnvironmentVariable(named = "MILLRACE_ZOO", matches = ".+")
class ZooTrainingTest {
    private static final int STEPS = 5;
    private static final String TARGET = "target";

    @TempDir
    Path directory;

    static Stream<Path> models() throws IOException {
        return ZooModels.files();
    }

    @ParameterizedTest
    @MethodSource("models")
    void learnsAndStaysAModelThatOnnxRuntimeRuns(Path file) throws IOException {
        var model = Model.read(file);
        var settings = SessionSettings.threads(1);
        Batch batch;
        String output;
        try (var session = OrtSession.open(file, settings)) {
            output = session.outputs().get(0).name();
            var feed = ZooModels.feed(session, file.toString());
            try (var outputs = session.run(feed)) {
                batch = new Batch(feed, 1, null, 1, Map.of(TARGET, half(outputs.get(output))), "zoo");
            }
        }
        var objective = Objective.of(new Loss.Hint(output, TARGET, Loss.Measure.MEAN_SQUARE));
        var training = TrainingSettings.adamW(1e-4, Budget.steps(STEPS)).batchStatistics(false);
        double before;
        double after;
        var trained = directory.resolve("trained.onnx");
        try (var trainer = Trainer.open(model, objective, training, directory)) {
            before = trainer.evaluate(batch).total();
            for (int i = 0; i < STEPS; i++) {
                trainer.step(batch, 1e-4, i);
            }
            after = trainer.evaluate(batch).total();
            trainer.store();
            System.out.printf("%-52s %9d weights, loss %.3e to %.3e%n", file, trainer.weights(), before, after);
        }
        model.write(trained);

        assertThat(after).isLessThan(before);
        try (var session = OrtSession.open(trained, settings);
                var outputs = session.run(batch.feed())) {
            assertThat(meanSquare(outputs.get(output), batch)).isCloseTo(after, withPercentage(1));
        }
    }

    private static Value half(Value value) {
        var numbers = new float[(int) value.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) (0.5 * value.number(i));
        }
        return Value.of(numbers, value.dims());
    }

    private static double meanSquare(Value value, Batch batch) {
        var target = Objects.requireNonNull(batch.expected(TARGET, 0));
        double sum = 0;
        for (int i = 0; i < value.size(); i++) {
            sum += Math.pow(value.number(i) - target.number(i), 2);
        }
        return sum / value.size();
    }
}
