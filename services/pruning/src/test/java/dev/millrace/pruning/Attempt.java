package dev.millrace.pruning;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.onnx.Model;
import dev.millrace.stage.LocalData;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import dev.millrace.stage.fixture.LocalTask;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A task with rows of sixteen numbers. */
public final class Attempt extends LocalTask {
    public static final int FEATURES = 16;

    private Attempt(Path directory, Path model, long seed) {
        super(directory, model);
        seed(seed);
    }

    public static Attempt of(Path parent, Model model) throws IOException {
        return of(parent, model, 1);
    }

    public static Attempt of(Path parent, Model model, long seed) throws IOException {
        var directory = Files.createTempDirectory(parent, "task");
        var file = directory.resolve("original.onnx");
        model.write(file);
        return new Attempt(directory, file, seed);
    }

    /** Rows of sixteen normal numbers, with the labels that the function gives; without any where it is absent. */
    public Attempt rows(String role, int count, @Nullable ToIntFunction<float[]> label) throws IOException {
        var random = new Random(role.hashCode());
        var names = IntStream.range(0, FEATURES).mapToObj(i -> "f" + i).collect(Collectors.joining(","));
        var lines = new ArrayList<>(List.of(label == null ? names : names + ",label"));
        for (int row = 0; row < count; row++) {
            var numbers = new float[FEATURES];
            for (int i = 0; i < FEATURES; i++) {
                numbers[i] = Math.round(1000 * random.nextGaussian()) / 1000f;
            }
            var line = Arrays.toString(numbers).replaceAll("[\\[\\] ]", "");
            lines.add(label == null ? line : line + "," + label.applyAsInt(numbers));
        }
        var file = Files.write(directory().resolve(role + ".csv"), lines);
        data(role, new LocalData(file, "csv", Map.of()));
        return this;
    }

    public <O extends Record> StageResult run(Technique<O> technique, O options) throws IOException {
        return technique.run(options, fresh());
    }

    public static Model model(StageResult result) throws IOException {
        return Model.read(Objects.requireNonNull(result.model()));
    }

    public static JsonNode reported(StageResult result, String key) {
        return Objects.requireNonNull(result.report().get(key), key);
    }

    /** {@code ‖y − r‖ / ‖r‖} of the output {@code y} over rows that nobody looked at, r the task's model's. */
    public double unseenError(StageResult result) throws IOException {
        var random = new Random(11);
        var values = new float[64 * FEATURES];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        var feed = Map.of("x", Value.of(values, 64, FEATURES));
        var settings = SessionSettings.threads(1);
        try (var whole = OrtSession.open(model(), settings);
                var pruned = OrtSession.open(Objects.requireNonNull(result.model()), settings);
                var expected = whole.run(feed);
                var found = pruned.run(feed)) {
            double difference = 0;
            double square = 0;
            for (int i = 0; i < expected.get("y").size(); i++) {
                double right = expected.get("y").number(i);
                difference += Math.pow(found.get("y").number(i) - right, 2);
                square += right * right;
            }
            return Math.sqrt(difference / square);
        }
    }
}
