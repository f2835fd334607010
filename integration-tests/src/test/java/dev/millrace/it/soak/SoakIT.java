package dev.millrace.it.soak;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The small versions; {@link SoakBenchmark} has the large ones. */
class SoakIT {
    @Test
    void everyJobEndsOnceThoughWorkersAndChildrenAreKilled(@TempDir Path directory) throws Exception {
        var outcome = new Soak(20, 5, 2, 100, 1).killingWorkers(directory);

        assertThat(outcome.completed()).as(outcome.others().toString()).isGreaterThan(10);
    }

    @Test
    void everyJobEndsOnceThoughTheBrokerIsKilled(@TempDir Path directory) throws Exception {
        var outcome = new Soak(10, 1, 1, 100, 1).killingTheBroker(directory);

        assertThat(outcome.others()).isEmpty();
    }
}
