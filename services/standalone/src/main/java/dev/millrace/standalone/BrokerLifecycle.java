package dev.millrace.standalone;

import dev.millrace.message.TopicDefinition;
import dev.millrace.stage.Stage;
import dev.millrace.worker.TopicSetup;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.BeforeDestroyed;
import jakarta.enterprise.event.Observes;
import jakarta.interceptor.Interceptor;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.jspecify.annotations.Nullable;

/**
 * The broker of this process: serves before anything that talks to it starts, and stops after. It takes about as long to
 * start as the application, so that begins before.
 */
@ApplicationScoped
class BrokerLifecycle {
    private static final Duration START_LIMIT = Duration.ofSeconds(60);

    /** One process reads them all. */
    private static final int PARTITIONS = 1;

    /** Quarkus makes this object itself, so what was begun before is handed over in a static field. */
    private static @Nullable CompletableFuture<EmbeddedBroker> begun;

    private @Nullable EmbeddedBroker broker;

    /** Begins to start the broker of this process. */
    static void begin(Path directory, int port) {
        begun = CompletableFuture.supplyAsync(() -> start(directory, port))
                .orTimeout(START_LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    /** Messaging starts at LIBRARY_BEFORE, later than this. */
    void start(@Observes @Priority(Interceptor.Priority.PLATFORM_BEFORE) StartupEvent event) {
        if (begun == null) {
            throw new IllegalStateException("Start the application with Standalone.run");
        }
        broker = begun.join();
    }

    private static EmbeddedBroker start(Path directory, int port) {
        try {
            var started = EmbeddedBroker.start(directory, port);
            var stages = ServiceLoader.load(Stage.class).stream()
                    .map(provider -> provider.get().name())
                    .toList();
            try (var admin =
                    Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, started.bootstrapServers()))) {
                TopicSetup.createTopics(admin, TopicDefinition.all(stages), PARTITIONS);
            }
            return started;
        } catch (IOException | ExecutionException | InterruptedException e) {
            throw new CompletionException(e);
        }
    }

    void stop(@Observes @Priority(5000) @BeforeDestroyed(ApplicationScoped.class) Object event) {
        if (broker != null) {
            broker.close();
        }
    }
}
