package dev.millrace.pruning.structured;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.pruning.Attempt;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/** Models of which every other hidden channel is dead, so that half of the channels may go and the answer stays. */
final class HalfDead {
    static final Dimension BATCH = Dimension.symbolic("batch");

    private HalfDead() {}

    /** Removes half of the channels and checks that the answers are the same. */
    static Model halved(Path directory, Model model, long... dims) throws IOException {
        var attempt = Attempt.of(directory, model);
        var result = attempt.run(new Structured(), "{\"target\": \"channels\", \"multipleOf\": 1}");
        var expected = answers(attempt.model(), dims);
        var found = answers(Objects.requireNonNull(result.model()), dims);
        assertThat(found).hasSameSizeAs(expected);
        for (int i = 0; i < expected.length; i++) {
            assertThat(found[i]).isCloseTo(expected[i], within(1e-4f));
        }
        return Attempt.model(result);
    }

    static float[] answers(Path model, long... dims) throws IOException {
        int size = 1;
        for (long dim : dims) {
            size *= (int) dim;
        }
        var values = new float[size];
        IntStream.range(0, size).forEach(i -> values[i] = (i * 7 % 11 - 5) / 5f);
        try (var session = OrtSession.open(model, SessionSettings.threads(1));
                var outputs = session.run(Map.of("x", Value.of(values, dims)))) {
            var floats = outputs.values().values().iterator().next().floats();
            var copy = new float[floats.remaining()];
            floats.get(copy);
            return copy;
        }
    }

    static String conv(ModelBuilder m, String name, String x, int out, int in, boolean halfDead) {
        var weight =
                m.initializer(halfDead ? alternating(name + ".weight", out, in) : level(name + ".weight", out, in));
        return m.node(Node.of("Conv", name, List.of(x, weight), List.of(name + ".y")));
    }

    /** Kernels 1×1; the odd ones are zero. */
    static Tensor alternating(String name, int out, int in) {
        var values = new float[out * in];
        for (int i = 0; i < values.length; i++) {
            values[i] = i / in % 2 == 0 ? 2 + i % 5 : 0;
        }
        return Tensor.floats(name, values, out, in, 1, 1);
    }

    /** Kernels 1×1 of one magnitude, so that only what makes a channel says what it is worth. */
    static Tensor level(String name, int out, int in) {
        var values = new float[out * in];
        for (int i = 0; i < values.length; i++) {
            values[i] = i % 3 == 0 ? -0.5f : 0.5f;
        }
        return Tensor.floats(name, values, out, in, 1, 1);
    }

    static String relu(ModelBuilder m, String x) {
        return m.node(Node.of("Relu", x + ".relu", List.of(x), List.of(x + ".r")));
    }

    static long[] dims(Model model, String weight) {
        return model.graph().initializer(weight).orElseThrow().dims();
    }
}
