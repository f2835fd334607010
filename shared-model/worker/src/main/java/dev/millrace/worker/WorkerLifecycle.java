package dev.millrace.worker;

import com.sun.management.OperatingSystemMXBean;
import dev.millrace.artifact.ArtifactStore;
import dev.millrace.stage.Machine;
import dev.millrace.stage.SharedCache;
import dev.millrace.stage.Techniques;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/** Starts the worker with the application, after an embedded broker, and stops it before one. */
@ApplicationScoped
class WorkerLifecycle {
    private static final List<String> CONNECTION = List.of(
            "bootstrap.servers",
            "security.protocol",
            "sasl.mechanism",
            "sasl.jaas.config",
            "ssl.truststore.location",
            "ssl.truststore.password",
            "ssl.truststore.type");
    private static final Duration CHILD_START = Duration.ofSeconds(60);
    private static final long MIB = 1 << 20;
    private static final long SMALLEST_HEAP = 256 * MIB;
    private static final long SPARE_ADDRESS_SPACE = 32 * 1024 * MIB;
    private static final Path GPU = Path.of("/dev/nvidiactl");

    private final Config config;
    private final WorkerConfig settings;
    private final MeterRegistry meters;
    private final Path dataDirectory;
    private final ArtifactStore store;
    private volatile @Nullable Worker worker;

    WorkerLifecycle(
            Config config,
            WorkerConfig settings,
            MeterRegistry meters,
            ArtifactStore store,
            @ConfigProperty(name = "millrace.data-dir") Path dataDirectory) {
        this.config = config;
        this.settings = settings;
        this.meters = meters;
        this.dataDirectory = dataDirectory;
        this.store = store;
    }

    void start(@Observes StartupEvent event) throws IOException {
        worker = Worker.start(workerSettings(), Techniques.load(), store, meters);
    }

    void stop(@Observes ShutdownEvent event) throws IOException {
        if (worker != null) {
            worker.close();
        }
    }

    /** Empty before the start. */
    Optional<Worker> worker() {
        return Optional.ofNullable(worker);
    }

    /** Read at the start, not before: an embedded broker tells its address while the application starts. */
    private Map<String, Object> connection() {
        var connection = new HashMap<String, Object>();
        for (var key : CONNECTION) {
            config.getOptionalValue("kafka." + key, String.class).ifPresent(value -> connection.put(key, value));
        }
        return connection;
    }

    private WorkerSettings workerSettings() {
        int processors = Runtime.getRuntime().availableProcessors();
        int concurrency = settings.concurrency().orElse(Math.max(1, processors / 2));
        int threads = settings.threads().orElse(Math.max(1, processors / concurrency));
        var child = settings.child();
        var limits = new ChildLimits(
                child.heapMib().isPresent()
                        ? child.heapMib().getAsLong() * MIB
                        : Math.max(SMALLEST_HEAP, machineMemoryBytes() / 4 / concurrency),
                child.addressSpaceMib().isPresent() ? child.addressSpaceMib().getAsLong() * MIB : addressSpaceBytes(),
                child.openFiles(),
                threads,
                child.timeLimit(),
                child.silenceLimit(),
                CHILD_START,
                child.tasks());
        return new WorkerSettings(
                settings.name().orElseGet(this::defaultName),
                Machine.here(),
                connection(),
                dataDirectory,
                settings.enginesDirectory(),
                new SharedCache(settings.cacheDirectory().toAbsolutePath(), settings.cacheMib() * MIB),
                settings.resultsMib() * MIB,
                concurrency,
                settings.warm(),
                limits,
                child.javaOptions().orElse(List.of()),
                settings.lockDuration(),
                settings.attempts(),
                settings.partitions());
    }

    private String defaultName() {
        var host = config.getOptionalValue("HOSTNAME", String.class).orElse("localhost");
        return host + "-" + ProcessHandle.current().pid();
    }

    private static long addressSpaceBytes() {
        return Files.exists(GPU) ? 0 : 2 * machineMemoryBytes() + SPARE_ADDRESS_SPACE;
    }

    /** Of the container, where there is one. */
    private static long machineMemoryBytes() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize();
    }
}
