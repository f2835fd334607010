package dev.millrace.it.worker;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.artifact.FileArtifactStore;
import dev.millrace.message.CacheLookup;
import dev.millrace.message.Problem;
import dev.millrace.message.StageRegistered;
import dev.millrace.message.TaskFailed;
import dev.millrace.message.TaskRefused;
import dev.millrace.message.TaskSucceeded;
import dev.millrace.message.TechniqueDescription;
import dev.millrace.message.TopicDefinition;
import dev.millrace.message.Topics;
import dev.millrace.stage.Machine;
import dev.millrace.stage.SharedCache;
import dev.millrace.stage.Techniques;
import dev.millrace.standalone.EmbeddedBroker;
import dev.millrace.worker.ChildLimits;
import dev.millrace.worker.ProbeStage;
import dev.millrace.worker.TopicSetup;
import dev.millrace.worker.Worker;
import dev.millrace.worker.WorkerSettings;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a worker promises about tasks, with a real broker and real child JVMs. */
class WorkerIT {
    private static final Techniques PROBE = new Techniques(List.of(new ProbeStage()));

    @TempDir
    static Path directory;

    private static EmbeddedBroker broker;
    private static FileArtifactStore store;

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private ProbeQueue queue;
    private Worker worker;

    @BeforeAll
    static void startBroker() throws Exception {
        broker = EmbeddedBroker.start(directory.resolve("kafka"), 0);
        store = FileArtifactStore.open(directory.resolve("artifacts"), List.of());
        try (var admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            TopicSetup.createTopics(admin, TopicDefinition.all(PROBE.stages()), 2);
        }
    }

    @AfterAll
    static void stopBroker() throws IOException {
        store.close();
        broker.close();
    }

    @BeforeEach
    void startWorker() throws IOException {
        var model = store.put(new ByteArrayInputStream("model".getBytes(StandardCharsets.UTF_8)));
        queue = new ProbeQueue(broker.bootstrapServers(), model);
        queue.listen();
        worker = start("first", 1);
    }

    @AfterEach
    void stopWorker() throws IOException {
        worker.close();
        queue.close();
    }

    @Test
    void tellsTheOutcomeInTheTraceOfTheTask() throws Exception {
        var task = queue.issue("echo", "1", 0);

        var event = queue.outcomes(task, Duration.ofSeconds(60)).get(0);

        var outcome = (TaskSucceeded) event.data();
        assertThat(store.resolve(requireNonNull(outcome.model()))).hasContent("model1");
        assertThat(outcome.cached()).isFalse();
        assertThat(outcome.attempt()).isEqualTo(1);
        assertThat(outcome.versions()).containsKeys("millrace", "java");
        assertThat(event.traceparent()).startsWith("00-0af7651916cd43dd8448eb211c80319c");
    }

    @Test
    void answersTheSameWorkFromTheCache() throws Exception {
        queue.outcome(queue.issue("echo", "cached", 0));

        var known = (TaskSucceeded) queue.outcome(queue.issue("echo", "cached", 0));
        var other = (TaskSucceeded) queue.outcome(queue.issue("echo", "other", 0));

        assertThat(known.cached()).isTrue();
        assertThat(CacheLookup.in(known.report()).orElseThrow().hit()).isTrue();
        assertThat(CacheLookup.in(other.report()).orElseThrow().differences())
                .extracting(CacheLookup.Difference::part)
                .containsExactly("options.text");
        assertThat(meters.counter("millrace.cache.hits").count()).isEqualTo(1);
    }

    @Test
    void aTimeAnswersOnlyOnMachinesOfItsKind() throws Exception {
        queue.outcome(queue.issue("timed", "here", 0));
        queue.outcome(queue.issue("echo", "here", 0));
        var again = (TaskSucceeded) queue.outcome(queue.issue("timed", "here", 0));
        worker.close();
        var here = Machine.here();
        worker = start("elsewhere", new Machine("slow one", here.architecture(), here.features()), 1);

        var timed = (TaskSucceeded) queue.outcome(queue.issue("timed", "here", 0));
        var timeless = (TaskSucceeded) queue.outcome(queue.issue("echo", "here", 0));

        assertThat(again.cached()).isTrue();
        assertThat(timed.cached()).isFalse();
        var why = CacheLookup.in(timed.report()).orElseThrow();
        assertThat(why.differences()).extracting(CacheLookup.Difference::part).containsExactly("machine.processor");
        assertThat(why.because()).startsWith("machine.processor is slow one, of the nearest stored result it was ");
        assertThat(timeless.cached()).isTrue();
    }

    @Test
    void answersATaskThatIsDeliveredAgainFromTheCache() throws Exception {
        var task = queue.task("twice", "echo", "twice", 0);
        queue.issue(task);
        queue.outcome(task.taskId());
        queue.issue(task);
        queue.listenFor(Duration.ofSeconds(2));

        assertThat(queue.outcomesSoFar(task.taskId()))
                .hasSize(2)
                .extracting(event -> ((TaskSucceeded) event.data()).cached())
                .containsExactly(false, true);
    }

    @Test
    void refusesWhatCannotBeDoneWithoutAnotherAttempt() throws Exception {
        assertThat(refusal(queue.issue("ecco", "", 0)).code()).isEqualTo("UNKNOWN_TECHNIQUE");
        assertThat(refusal(queue.issue("echo", "", -1)).code()).isEqualTo("BAD_OPTION");
        assertThat(refusal(queue.issue("refuse", "", 0)).where()).isEqualTo("node 'x'");
    }

    @Test
    void failsATaskThatCrashesThreeTimesAndGoesOn() throws Exception {
        var failed = (TaskFailed) queue.outcome(queue.issue("crash", "", 0));

        assertThat(failed.problem().code()).isEqualTo("CHILD_DIED");
        assertThat(failed.attempts()).isEqualTo(3);
        assertThat(failed.logTail()).contains("about to crash");
        assertThat(queue.outcome(queue.issue("echo", "after", 0))).isInstanceOf(TaskSucceeded.class);
    }

    @Test
    void failsAtOnceWhenTheDiskIsFull() throws Exception {
        var failed = (TaskFailed) queue.outcome(queue.issue("full", "", 0));

        assertThat(failed.problem().code()).isEqualTo("STORAGE_FULL");
        assertThat(failed.attempts()).isEqualTo(1);
    }

    @Test
    void goesOnFromTheCheckpointOfTheAttemptBefore() throws Exception {
        var done = (TaskSucceeded) queue.outcome(queue.issue("resume", "it", 0));

        assertThat(done.attempt()).isEqualTo(2);
        assertThat(done.report().get("resumedFrom")).hasToString("\"step 1 of it\"");
        queue.outcome(queue.issue("echo", "after resume", 0)); // the slot is free again: all is tidied up
        assertThat(stored()).doesNotContain("step 1 of it");
    }

    @Test
    void goesOnFromTheCheckpointOfAWorkerThatStopped() throws Exception {
        var task = queue.issue("resume-slowly", "two", 60_000);
        awaitProgress(task);

        worker.close();

        assertThat(stored()).contains("step 1 of two");
        worker = start("second", 1);
        var done = (TaskSucceeded) queue.outcome(task);
        assertThat(done.attempt()).isEqualTo(1);
        assertThat(done.report().get("resumedFrom")).hasToString("\"step 1 of two\"");
        awaitGone("step 1 of two");
    }

    @Test
    void forgetsTheCheckpointOfATaskThatIsCancelledBetweenAttempts() throws Exception {
        var task = queue.issue("resume-slowly", "three", 60_000);
        awaitProgress(task);
        worker.close();
        assertThat(stored()).contains("step 1 of three");

        queue.cancel(task);
        worker = start("second", 1);

        awaitGone("step 1 of three");
        assertThat(queue.outcomesSoFar(task)).isEmpty();
    }

    @Test
    void putsRubbishAsideAndGoesOn() throws Exception {
        queue.sendRubbish("rubbish".getBytes(StandardCharsets.UTF_8));

        var letter = queue.await(Topics.DEAD_LETTERS, record -> true);
        assertThat(letter.headers().lastHeader("dead-letter-code")).isNotNull();
        assertThat(queue.outcome(queue.issue("echo", "after rubbish", 0))).isInstanceOf(TaskSucceeded.class);
    }

    @Test
    void cancelsARunningTaskAndFreesTheSlot() throws Exception {
        var task = queue.issue("sleep", "", 60_000);
        awaitProgress(task);

        queue.cancel(task);

        assertThat(queue.outcome(queue.issue("echo", "after cancel", 0))).isInstanceOf(TaskSucceeded.class);
        assertThat(queue.outcomesSoFar(task)).isEmpty();
    }

    @Test
    void handsARunningTaskBackWhenItStops() throws Exception {
        var task = queue.issue("sleep", "", 3_000);
        awaitProgress(task);

        worker.close();
        worker = start("second", 1);

        var done = (TaskSucceeded) queue.outcome(task);
        assertThat(done.worker()).isEqualTo("second");
        assertThat(done.attempt()).isEqualTo(1);
    }

    @Test
    void keepsTheLockOfALongTask() throws Exception {
        var task = queue.issue("sleep", "", 20_000);

        assertThat(((TaskSucceeded) queue.outcome(task)).attempt()).isEqualTo(1);
        queue.listenFor(Duration.ofSeconds(1));
        assertThat(queue.outcomesSoFar(task)).hasSize(1);
    }

    @Test
    void costsWaitingTasksNoAttempt() throws Exception {
        var tasks = List.of(
                queue.issue("sleep", "", 11_000), queue.issue("echo", "waits", 0), queue.issue("echo", "waits too", 0));

        for (var task : tasks) {
            assertThat(((TaskSucceeded) queue.outcome(task)).attempt()).isEqualTo(1);
        }
    }

    @Test
    void sharesTheWorkWithAnotherWorker() throws Exception {
        var other = start("other", 1);
        try {
            var tasks = new ArrayList<String>();
            for (int i = 0; i < 8; i++) {
                tasks.add(queue.issue("sleep", "", 500 + i));
            }
            var workers = new TreeSet<String>();
            for (var task : tasks) {
                workers.add(((TaskSucceeded) queue.outcome(task)).worker());
            }
            assertThat(workers).containsExactly("first", "other");
        } finally {
            other.close();
        }
    }

    @Test
    void announcesItsTechniques() throws Exception {
        var record = queue.await(Topics.CATALOGUE, announced -> announced.key().equals("probe"));

        assertThat(((StageRegistered) ProbeQueue.event(record).data()).techniques())
                .extracting(TechniqueDescription::name)
                .contains("echo", "sleep");
    }

    private void awaitProgress(String task) throws Exception {
        queue.await(Topics.PROGRESS, record -> record.key().equals(task.substring(0, task.indexOf('/'))));
    }

    private void awaitGone(String content) throws IOException {
        long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (stored().contains(content)) {
            assertThat(System.nanoTime()).as("time to remove '%s'", content).isLessThan(end);
            queue.listenFor(Duration.ofMillis(100));
        }
    }

    /** The contents of all files in the store. */
    private static List<String> stored() throws IOException {
        var contents = new ArrayList<String>();
        try (var files = Files.walk(directory.resolve("artifacts").resolve("artifacts"))) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                contents.add(Files.readString(file));
            }
        }
        return contents;
    }

    private Problem refusal(String task) throws Exception {
        return ((TaskRefused) queue.outcome(task)).problem();
    }

    private Worker start(String name, int concurrency) throws IOException {
        return start(name, Machine.here(), concurrency);
    }

    private Worker start(String name, Machine machine, int concurrency) throws IOException {
        var child = new ChildLimits(
                64 << 20, 0, 1024, 1, Duration.ofMinutes(2), Duration.ofMinutes(1), Duration.ofSeconds(30), 100);
        var settings = new WorkerSettings(
                name,
                machine,
                Map.of("bootstrap.servers", broker.bootstrapServers()),
                directory.resolve("data-" + name),
                directory.resolve("engines"),
                new SharedCache(directory.resolve("cache"), 1 << 20),
                0,
                concurrency,
                true,
                child,
                List.of(),
                Duration.ofSeconds(15),
                3,
                1);
        return Worker.start(settings, PROBE, store, meters);
    }
}
