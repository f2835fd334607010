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
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/** Starts the broker before anything that talks to it, and stops it after. */
@ApplicationScoped
class BrokerLifecycle {
    /** Configuration key of the port for clients. */
    static final String PORT = "millrace.standalone.broker-port";

    private static final Duration START_LIMIT = Duration.ofSeconds(60);

    /** One process reads them all. */
    private static final int PARTITIONS = 1;

    private final Path directory;
    private final int port;
    private @Nullable EmbeddedBroker broker;

    BrokerLifecycle(
            @ConfigProperty(name = "millrace.data-dir") Path dataDirectory, @ConfigProperty(name = PORT) int port) {
        this.directory = dataDirectory.resolve("kafka");
        this.port = port;
    }

    /** Messaging starts at LIBRARY_BEFORE, later than this. */
    void start(@Observes @Priority(Interceptor.Priority.PLATFORM_BEFORE) StartupEvent event) {
        broker = CompletableFuture.supplyAsync(this::startBroker)
                .orTimeout(START_LIMIT.toSeconds(), TimeUnit.SECONDS)
                .join();
    }

    private EmbeddedBroker startBroker() {
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
