package dev.millrace.it.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.Json;
import dev.millrace.message.SearchPlan;
import dev.millrace.message.Trial;
import dev.millrace.search.Goals;
import dev.millrace.search.History;
import dev.millrace.search.Space;
import dev.millrace.search.Strategies;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** Figures of every architecture of a small space, each trained once; a file keeps them, a line for each. */
final class StrategyTable {
    private static final int HELD_OUT = 1_000;

    /** What is known of an architecture before it is trained. */
    static final List<String> PROXIES = List.of("synFlow", "naswot", "parameters");

    private static final String SPACE = """
            {"space": {"kind": "images", "stages": [1, 2, 3], "stemWidth": [4, 8, 16], "stemStride": 2, "growth": [1, 2],
              "depth": [1, 2], "kernel": [3, 5], "block": ["conv", "separable"], "perStage": ["depth"],
              "learningRate": 0.02},
             "epochs": 1, "latency": "none"}""";

    private final Path table;
    private final Map<String, Map<String, Double>> figures = new HashMap<>();
    private final SearchPlan plan;
    private final BenchmarkTask task;

    /**
     * The table as the file has it.
     *
     * @param trained images that each architecture is trained on
     */
    StrategyTable(Path table, int trained) throws IOException {
        this.table = table;
        var directory = Files.createTempDirectory("strategies");
        var reference = directory.resolve("reference.onnx");
        Students.convolutional(8, 16, 1).write(reference);
        task = BenchmarkTask.training(reference, ZooImages.fashion().training(trained + HELD_OUT));
        var options = BenchmarkTask.options(SPACE);
        options.put("holdOut", Json.mapper().valueToTree((double) HELD_OUT / (trained + HELD_OUT)));
        plan = Objects.requireNonNull(task.run("nas", "search", options).search());
        if (Files.exists(table)) {
            for (var line : Files.readAllLines(table)) {
                var entry = Json.mapper().readTree(line);
                var numbers = new TreeMap<String, Double>();
                entry.get("figures")
                        .properties()
                        .forEach(figure ->
                                numbers.put(figure.getKey(), figure.getValue().doubleValue()));
                figures.put(entry.get("architecture").textValue(), numbers);
            }
        }
    }

    SearchPlan plan() {
        return plan;
    }

    Collection<Map<String, Double>> rows() {
        return figures.values();
    }

    private static String key(Map<String, JsonNode> values) {
        return new TreeMap<>(values).toString();
    }

    /** Trains the architectures that are not there yet. */
    void fill() throws IOException {
        var trials = new ArrayList<Trial>();
        var goals = new Goals(plan.goals());
        var space = new Space(plan.choices());
        while (true) {
            var next = Strategies.named("random").next(new History(space, goals, 0, trials));
            if (next.isEmpty()) {
                return;
            }
            var values = next.get().values();
            trials.add(new Trial(trials.size(), values, 0));
            if (!figures.containsKey(key(values))) {
                add(values);
            }
        }
    }

    private void add(Map<String, JsonNode> values) throws IOException {
        var options = new HashMap<>(plan.trial().options());
        options.put("values", Json.mapper().valueToTree(values));
        var untrained = new HashMap<>(options);
        untrained.put("budget", Json.mapper().valueToTree(0));
        untrained.put("proxies", Json.mapper().valueToTree(PROXIES.subList(0, 2)));
        long start = System.nanoTime();
        var measured = new TreeMap<>(fresh().run("nas", "trial", untrained).figures());
        long looked = System.nanoTime();
        measured.putAll(fresh().run("nas", "trial", options).figures());
        measured.put("proxySeconds", (looked - start) / 1e9);
        measured.put("seconds", (System.nanoTime() - looked) / 1e9);
        figures.put(key(values), measured);
        var line = Json.mapper().writeValueAsString(Map.of("architecture", key(values), "figures", measured)) + "\n";
        Files.writeString(table, line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private BenchmarkTask fresh() throws IOException {
        return new BenchmarkTask(
                task.model(), task.baseline(), task.data(), task.threads(), Files.createTempDirectory("trial"));
    }

    /** Of all rows. */
    double mean(String figure) {
        return figures.values().stream()
                .mapToDouble(row -> row.get(figure))
                .average()
                .orElse(Double.NaN);
    }

    /** The figures of an architecture. */
    Map<String, Double> row(Map<String, JsonNode> values) {
        return new LinkedHashMap<>(Objects.requireNonNull(figures.get(key(values)), () -> key(values)));
    }
}
