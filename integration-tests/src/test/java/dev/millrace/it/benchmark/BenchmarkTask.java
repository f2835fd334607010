package dev.millrace.it.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.Json;
import dev.millrace.stage.Checkpoints;
import dev.millrace.stage.LocalData;
import dev.millrace.stage.OptionBinder;
import dev.millrace.stage.SharedCache;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import dev.millrace.stage.Techniques;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * A task that runs in this process, without Kafka and workers.
 *
 * @param baseline what an evaluation compares the model with
 * @param data by role
 */
record BenchmarkTask(
        Path model,
        Optional<Path> baseline,
        Function<String, Optional<LocalData>> data,
        int threads,
        Path workDirectory)
        implements StageContext, Checkpoints {
    /** A model that learns, on one thread, in a new directory. */
    static BenchmarkTask training(Path model, LocalData data) throws IOException {
        return new BenchmarkTask(
                model,
                Optional.empty(),
                role -> role.equals("training") ? Optional.of(data) : Optional.empty(),
                1,
                Files.createTempDirectory("task"));
    }

    /** Options that a command line gives as {@code name=JSON}. */
    static Map<String, JsonNode> options(String[] arguments, int from) throws IOException {
        var options = new HashMap<String, JsonNode>();
        for (int i = from; i < arguments.length; i++) {
            var pair = arguments[i].split("=", 2);
            options.put(pair[0], Json.mapper().readTree(pair[1]));
        }
        return options;
    }

    /** The members of a JSON object. */
    static Map<String, JsonNode> options(String json) throws IOException {
        var options = new HashMap<String, JsonNode>();
        Json.mapper().readTree(json).properties().forEach(each -> options.put(each.getKey(), each.getValue()));
        return options;
    }

    /** Runs a technique of the class path. */
    StageResult run(String stage, String technique, Map<String, JsonNode> options) throws IOException {
        return run(Techniques.load().technique(stage, technique), options);
    }

    private <O extends Record> StageResult run(Technique<O> technique, Map<String, JsonNode> options)
            throws IOException {
        return technique.run(OptionBinder.bind(technique.name(), technique.options(), options), this);
    }

    @Override
    public Optional<LocalData> data(String role) {
        return data.apply(role);
    }

    @Override
    public Optional<String> metric() {
        return Optional.empty();
    }

    @Override
    public long seed() {
        return 0;
    }

    @Override
    public Checkpoints checkpoints() {
        return this;
    }

    /** In the folder that {@code MILLRACE_CACHE} names. */
    @Override
    public Optional<SharedCache> cache() {
        return Optional.ofNullable(System.getenv("MILLRACE_CACHE"))
                .map(folder -> new SharedCache(Path.of(folder), Integer.MAX_VALUE));
    }

    /** A benchmark starts from the beginning. */
    @Override
    public Optional<Path> latest() {
        return Optional.empty();
    }

    @Override
    public void save(Path file) {
        // and nobody continues it
    }

    @Override
    public void progress(double fraction, String activity, Map<String, Double> metrics) {
        // nobody watches
    }
}
