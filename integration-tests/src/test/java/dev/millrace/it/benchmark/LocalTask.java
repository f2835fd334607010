package dev.millrace.it.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.stage.Checkpoints;
import dev.millrace.stage.LocalData;
import dev.millrace.stage.OptionBinder;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import dev.millrace.stage.Techniques;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * A task that runs in this process, without Kafka and workers.
 *
 * @param baseline what an evaluation compares the model with
 * @param data for every role; absent for techniques that need none
 */
record LocalTask(Path model, Optional<Path> baseline, Optional<LocalData> data, int threads, Path workDirectory)
        implements StageContext {
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
        return data;
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
        throw new IllegalStateException("a benchmark starts from the beginning");
    }

    @Override
    public void progress(double fraction, String activity, Map<String, Double> metrics) {
        // nobody watches
    }
}
