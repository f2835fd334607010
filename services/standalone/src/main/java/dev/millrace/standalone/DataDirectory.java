package dev.millrace.standalone;

import dev.millrace.artifact.OwnDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The directory under which Millrace keeps everything on this machine.
 *
 * <pre>
 * artifacts/     models, results and checkpoints, shared by all processes
 * engines/       native libraries, unpacked once for all processes
 * cache/         what tasks leave for each other, as a teacher's answers
 * server/        the broker and the jobs of `millrace serve`; one process at a time
 * runs/ID/       the same for one `millrace compress`, gone with it
 * </pre>
 */
public record DataDirectory(Path path) {
    private static final String LOCK = "lock";
    private static final String ADDRESS = "address";

    /** Holds a state directory against other processes until it is closed or the process ends, however it ends. */
    public record Held(Path directory, FileChannel channel) implements AutoCloseable {
        /** Says where the process that holds the directory answers. */
        public void publish(URI address) throws IOException {
            Files.writeString(directory.resolve(ADDRESS), address.toString());
        }

        /** Removes the directory, also under the feet of who works in it. */
        public void discard() throws IOException {
            OwnDirectory.delete(directory);
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    /** {@code MILLRACE_HOME} of the environment, else {@code .millrace} in the home directory. */
    public static DataDirectory ofUser() {
        String home = System.getenv("MILLRACE_HOME");
        return new DataDirectory(
                home == null || home.isBlank()
                        ? Path.of(System.getProperty("user.home"), ".millrace")
                        : Path.of(home).toAbsolutePath());
    }

    public Path artifacts() {
        return path.resolve("artifacts");
    }

    public Path engines() {
        return path.resolve("engines");
    }

    public Path cache() {
        return path.resolve("cache");
    }

    /** The state of the one server; empty when another process holds it. */
    public Optional<Held> holdServer() throws IOException {
        return hold(path.resolve("server"));
    }

    /** State for one run of a command. Runs whose process has ended are removed first. */
    public Held holdRun() throws IOException {
        Path runs = Files.createDirectories(path.resolve("runs"));
        for (Path run : children(runs)) {
            try (var stale = hold(run).orElse(null)) {
                if (stale != null) {
                    OwnDirectory.delete(run);
                }
            }
        }
        return hold(Files.createTempDirectory(runs, ""))
                .orElseThrow(() -> new IOException("Another process took a new directory in " + runs));
    }

    /** Where the server of this directory answers; empty when none runs. */
    public Optional<URI> serverAddress() throws IOException {
        return address(path.resolve("server"));
    }

    /** Where the commands that work in processes of their own answer. */
    public List<URI> runAddresses() throws IOException {
        var addresses = new ArrayList<URI>();
        Path runs = path.resolve("runs");
        for (Path run : Files.isDirectory(runs) ? children(runs) : List.<Path>of()) {
            address(run).ifPresent(addresses::add);
        }
        return addresses;
    }

    private static Optional<URI> address(Path state) throws IOException {
        Path address = state.resolve(ADDRESS);
        if (!Files.exists(address)) {
            return Optional.empty();
        }
        try (var abandoned = hold(state).orElse(null)) {
            return abandoned == null
                    ? Optional.of(URI.create(Files.readString(address).strip()))
                    : Optional.empty();
        } catch (NoSuchFileException e) { // its process has just ended
            return Optional.empty();
        }
    }

    private static Optional<Held> hold(Path directory) throws IOException {
        Files.createDirectories(directory);
        FileChannel channel =
                FileChannel.open(directory.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock();
        if (lock == null) {
            channel.close();
            return Optional.empty();
        }
        return Optional.of(new Held(directory, channel));
    }

    private static List<Path> children(Path directory) {
        try (Stream<Path> children = Files.list(directory)) {
            return children.toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
