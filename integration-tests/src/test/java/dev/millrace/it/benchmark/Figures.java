package dev.millrace.it.benchmark;

import com.sun.management.OperatingSystemMXBean;
import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.data.Dataset;
import dev.millrace.engine.metric.Fidelity;
import dev.millrace.engine.metric.TaskMetrics;
import dev.millrace.stage.LocalData;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** How close a changed model stays to the original, and how right it is where there are labels. */
final class Figures {
    private static final int BATCH = 20;

    private Figures() {}

    /** By the names of the metrics; one thread. */
    static Map<String, Double> of(Path original, Path changed, LocalData data) throws IOException {
        var fidelity = new Fidelity();
        var metrics = new TaskMetrics();
        var settings = SessionSettings.threads(1);
        try (var reference = OrtSession.open(original, settings);
                var candidate = OrtSession.open(changed, settings);
                var samples = Dataset.open(data.path(), data.format(), data.options(), reference.inputs())) {
            for (var batch : samples.batches(BATCH)) {
                try (var expected = reference.run(batch.feed());
                        var found = candidate.run(batch.feed())) {
                    fidelity.add(batch, expected.values(), found.values());
                    metrics.add(batch, found.values());
                }
            }
        }
        var figures = new LinkedHashMap<>(fidelity.values());
        figures.putAll(metrics.values());
        return figures;
    }

    /** Mean cosine of embeddings, or else of outputs. */
    static double cosine(Map<String, Double> figures) {
        return Stream.of("embeddingCosine", "cosine")
                .map(figures::get)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(Double.NaN);
    }

    /** Processor time of this process so far, all threads. */
    static double processorSeconds() {
        var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return system.getProcessCpuTime() / 1e9;
    }
}
