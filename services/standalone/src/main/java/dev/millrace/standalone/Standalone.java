package dev.millrace.standalone;

import dev.millrace.message.RefusedException;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import org.eclipse.microprofile.config.ConfigProvider;
import org.jspecify.annotations.Nullable;

/**
 * The broker and all services, started in this process.
 *
 * @param directory what processes share: the artifact store, unpacked native libraries
 * @param state directory of the broker, the jobs and everything else of this process alone
 * @param httpPort of the gateway on the loopback interface; 0 takes a free one
 * @param brokerPort of the broker on the loopback interface; 0 takes a free one
 * @param roots files and directories of the user that requests may refer to
 * @param logLevel least level that is shown
 */
public record Standalone(
        DataDirectory directory, Path state, int httpPort, int brokerPort, Collection<Path> roots, Level logLevel) {

    /** What the process is there for. */
    @FunctionalInterface
    public interface Work {
        /**
         * Runs once everything is up; the services stop when it returns.
         *
         * @param gateway where the HTTP interface answers
         * @param bootstrapServers where the broker answers
         * @return the exit status of the process
         */
        int run(URI gateway, String bootstrapServers) throws Exception;
    }

    /**
     * Starts, works and stops; once in the life of a process.
     *
     * @throws RefusedException if the work is refused
     * @throws IOException if the services cannot start or the work cannot go on for a reason outside this program
     */
    public int run(Work work) throws IOException {
        // Clients are configured before the broker is up, so its port is chosen before.
        int port = brokerPort == 0 ? EmbeddedBroker.freePort() : brokerPort;
        System.setProperty("kafka.bootstrap.servers", EmbeddedBroker.address(port));
        System.setProperty("quarkus.log.console.level", logLevel.getName());
        System.setProperty("millrace.data-dir", state.toString());
        System.setProperty("millrace.artifacts.directory", directory.artifacts().toString());
        System.setProperty(
                "millrace.worker.engines-directory", directory.engines().toString());
        System.setProperty("millrace.worker.cache-directory", directory.cache().toString());
        System.setProperty(
                "millrace.artifacts.roots",
                roots.stream()
                        .map(root -> root.toString().replace("\\", "\\\\").replace(",", "\\,"))
                        .collect(Collectors.joining(",")));
        System.setProperty("quarkus.http.port", Integer.toString(httpPort));
        Application.work = work;
        BrokerLifecycle.begin(state.resolve("kafka"), port);
        var status = new AtomicInteger(1);
        var failed = new AtomicReference<@Nullable Throwable>();
        Quarkus.run(Application.class, (code, failure) -> {
            status.set(code);
            failed.set(failure);
        });
        for (Throwable cause = failed.get(); cause != null; cause = cause.getCause()) {
            if (cause instanceof RefusedException refused) {
                throw refused;
            }
            if (cause instanceof IOException trouble) { // a port that is taken, a disk that is full: no mistake of ours
                throw trouble;
            }
        }
        if (failed.get() != null) {
            throw new IllegalStateException("The services did not start or stopped with an error", failed.get());
        }
        return status.get();
    }

    /**
     * To be called before the state is removed while services still run, by whoever halts the process afterwards: what they
     * say and do about it is of no interest.
     */
    public static void abandon() {
        EmbeddedBroker.abandon();
        var root = Logger.getLogger("");
        for (var handler : root.getHandlers()) {
            root.removeHandler(handler);
        }
    }

    /** Quarkus makes this object itself, so the work is handed over in a static field. */
    static final class Application implements QuarkusApplication {
        private static @Nullable Work work;

        @Override
        public int run(String... arguments) throws Exception {
            var config = ConfigProvider.getConfig();
            int port = config.getValue("quarkus.http.port", Integer.class);
            if (work == null) {
                throw new IllegalStateException("Start the application with Standalone.run");
            }
            return work.run(
                    URI.create("http://127.0.0.1:" + port), config.getValue("kafka.bootstrap.servers", String.class));
        }
    }
}
