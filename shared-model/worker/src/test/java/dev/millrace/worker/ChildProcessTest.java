package dev.millrace.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.millrace.stage.FromChild;
import dev.millrace.stage.ToChild;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.assertj.core.api.ObjectAssert;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real child JVMs: what each kind of ending looks like from outside. */
class ChildProcessTest {
    @TempDir
    Path directory;

    private final List<FromChild.Progressed> progress = new CopyOnWriteArrayList<>();
    private RunnerPool pool;

    @BeforeEach
    void startPool() throws IOException {
        Files.writeString(directory.resolve("model"), "model");
        limit(Duration.ofSeconds(30), 100);
    }

    private void limit(Duration silence, int tasks) throws IOException {
        pool = Children.pool(directory, Children.limits(Duration.ofSeconds(60), silence, tasks), 1, true);
    }

    @AfterEach
    void stopPool() {
        pool.close();
    }

    @Test
    void runsOneTaskAfterTheOtherInTheSameProcess() throws Exception {
        var first = (FromChild.Succeeded) run("echo", "!", 0);
        var second = (FromChild.Succeeded) run("echo", "?", 0);

        assertThat(first.model()).hasContent("model!");
        assertThat(second.model()).hasContent("model?");
        assertThat(second.report().get("pid")).isEqualTo(first.report().get("pid"));
        assertThat(second.peakMemoryBytes()).isPositive();
    }

    @Test
    void worksOnAfterItsShareUntilItsSuccessorIsReady() throws Exception {
        pool.close();
        limit(Duration.ofSeconds(30), 1);
        var processes = new HashSet<JsonNode>();
        int tasks = 0;
        for (; processes.size() < 2; tasks++) {
            processes.add(((FromChild.Succeeded) run("echo", "", 0)).report().get("pid"));
        }
        assertThat(tasks).isGreaterThan(2);
    }

    @Test
    void survivesRefusalsAndBugs() throws Exception {
        assertThat(((FromChild.Refused) run("refuse", "", 0)).problem().code()).isEqualTo("BAD_MODEL");
        assertThat(((FromChild.Failed) run("throw", "", 0)).problem().code()).isEqualTo("STAGE_ERROR");
        assertThat(((FromChild.Failed) run("full", "", 0)).problem().code()).isEqualTo("STORAGE_FULL");
        assertThat(((FromChild.Refused) run("eco", "", 0)).problem().allowed()).startsWith("did you mean 'echo'?");
        assertThat(run("echo", "", 0)).isInstanceOf(FromChild.Succeeded.class);
    }

    @Test
    void tellsProgressAFewTimesASecond() throws Exception {
        run("sleep", "", 700);

        assertThat(progress).hasSizeBetween(2, 4).allMatch(p -> p.activity().equals("sleeping"));
    }

    @Test
    void isNotConfusedByWhatIsPrinted() throws Exception {
        assertThat(run("noise", "", 0)).isInstanceOf(FromChild.Succeeded.class);
    }

    @Test
    void reportsACrashWithItsLastWordsAndStartsAnotherChild() throws Exception {
        assertDies("crash", "", 0, "CHILD_DIED").satisfies(e -> {
            assertThat(e.problem().found()).contains("SIGSEGV");
            assertThat(e.logTail()).contains("about to crash");
        });
        assertThat(run("echo", "", 0)).isInstanceOf(FromChild.Succeeded.class);
    }

    @Test
    void reportsOutOfMemoryAndStartsAnotherChild() throws Exception {
        assertThat(((FromChild.Failed) run("oom", "", 0)).problem().code()).isEqualTo("OUT_OF_MEMORY");
        assertThat(run("echo", "", 0)).isInstanceOf(FromChild.Succeeded.class);
    }

    @Test
    void endsAChildThatTakesAddressSpaceWithoutEnd() throws Exception {
        assertThat(((FromChild.Failed) run("map", "", 0)).problem().code()).isEqualTo("OUT_OF_MEMORY");
        assertThat(run("echo", "", 0)).isInstanceOf(FromChild.Succeeded.class);
    }

    @Test
    void endsAChildThatIsSilentForTooLong() throws Exception {
        pool.close();
        limit(Duration.ofSeconds(3), 100);
        assertDies("sleep", "silently", 60_000, "SILENT");
        assertThat(run("echo", "", 0)).isInstanceOf(FromChild.Succeeded.class);
    }

    @Test
    void offersCheckpointsAndResumesFromThem() throws Exception {
        assertDies("resume", "9", 0, "CHILD_DIED");
        var answer = (FromChild.Succeeded) run("resume", "9", 0);

        assertThat(answer.report()).containsEntry("resumedFrom", TextNode.valueOf("step 1 of 9"));
    }

    private ObjectAssert<ChildDiedException> assertDies(String technique, String text, long millis, String code) {
        return assertThatThrownBy(() -> run(technique, text, millis))
                .asInstanceOf(type(ChildDiedException.class))
                .satisfies(e -> assertThat(e.problem().code()).isEqualTo(code));
    }

    private FromChild.Answer run(String technique, String text, long millis) throws Exception {
        Map<String, JsonNode> options = Map.of("text", TextNode.valueOf(text), "millis", LongNode.valueOf(millis));
        var saved = directory.resolve("checkpoint");
        var child = pool.take();
        try {
            return child.run(
                    new ToChild.RunTask(
                            ProbeStage.NAME,
                            technique,
                            options,
                            directory.resolve("model"),
                            null,
                            Map.of(),
                            null,
                            null,
                            0,
                            1,
                            Files.createTempDirectory(directory, "task"),
                            null,
                            Files.exists(saved) ? saved : null),
                    new ChildProcess.Listener() {
                        @Override
                        public void progressed(FromChild.Progressed told) {
                            progress.add(told);
                        }

                        @Override
                        public Path checkpoint(Path file) throws IOException {
                            return Files.copy(file, saved);
                        }
                    });
        } finally {
            pool.giveBack(child);
        }
    }
}
