package dev.millrace.it.soak;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.it.flow.Bus;
import dev.millrace.message.Trial;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Searches whose trials are done by several workers. */
class SearchIT {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final int TRIALS = 16;

    @Test
    void theFrontIsTheSameThoughCoordinatorAndWorkersAreKilled(@TempDir Path directory) throws Exception {
        var random = new Random(1);
        try (var mill = Mill.start(directory, 2);
                var bus = new Bus(mill.bootstrapServers());
                var endings = new Endings(bus)) {
            mill.requestSearch(bus, "undisturbed", TRIALS, 2, 0);
            endings.await(1, LIMIT);

            mill.requestSearch(bus, "killed", TRIALS, 2, 300);
            Thread.sleep(random.nextInt(1_000)); // the random moment is what this is about
            mill.replace(mill.workers().get(random.nextInt(2)));
            Thread.sleep(random.nextInt(1_000));
            mill.restartOrchestrator();
            Thread.sleep(random.nextInt(1_000));
            mill.replace(mill.workers().get(random.nextInt(2)));
            endings.await(2, LIMIT);

            var undisturbed = endings.completed("undisturbed");
            var killed = endings.completed("killed");
            assertThat(figures(undisturbed.tried())).hasSize(TRIALS);
            assertThat(figures(killed.tried())).isEqualTo(figures(undisturbed.tried()));
            assertThat(figures(killed.front()))
                    .isEqualTo(figures(undisturbed.front()))
                    .isNotEmpty();
            assertThat(killed.artifact()).isEqualTo(undisturbed.artifact());
        }
    }

    /** What each trial was and measured, in their order. */
    private static List<Map<?, ?>> figures(List<Trial> trials) {
        return trials.stream()
                .<Map<?, ?>>map(trial -> Map.of("values", trial.values(), "figures", trial.figures()))
                .toList();
    }
}
