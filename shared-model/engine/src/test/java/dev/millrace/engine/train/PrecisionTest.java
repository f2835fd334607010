package dev.millrace.engine.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.onnx.fixture.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrecisionTest {
    private static final TrainingSettings SETTINGS = TrainingSettings.adamW(0.01, Budget.steps(2));

    /** Calls of the clock for one measurement: before and after each of three times. */
    private static final int CALLS = 6;

    @TempDir
    Path directory;

    @Test
    void takesBfloat16WhereItsStepsAreFaster() throws IOException {
        assertThat(choice(true, 10, 30, 50, 60)).isTrue();
    }

    @Test
    void staysWithFloat32WhereBfloat16IsSlower() throws IOException {
        assertThat(choice(true, 10, 30, 60, 50)).isFalse(); // the product gains, the model does not
        assertThat(choice(true, 30, 10)).isFalse(); // no step is tried: it might take for ever
        assertThat(choice(false)).isFalse(); // nobody asked
    }

    /** @param nanos what is measured: the product in bfloat16 and in float32, steps in bfloat16 and in float32 */
    private boolean choice(boolean asked, long... nanos) throws IOException {
        var calls = new AtomicInteger();
        LongSupplier clock = () -> {
            int call = calls.getAndIncrement();
            return call % 2 * nanos[call / CALLS];
        };
        var model = TinyModels.mlp();
        var batches = ToyData.batches(model, 2, 1);
        var objective = Objective.of(new Loss.CrossEntropy("y", 0));

        var chosen = new Precision(directory, 1, clock).fastest(model, objective, SETTINGS.bfloat16(asked), batches);

        assertThat(calls.get()).isEqualTo(nanos.length * CALLS);
        assertThat(model).isEqualTo(TinyModels.mlp());
        return chosen.bfloat16();
    }
}
