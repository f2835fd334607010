package dev.millrace.standalone.cli;

import dev.millrace.artifact.ArtifactStore;
import dev.millrace.artifact.FileArtifactStore;
import dev.millrace.message.ArtifactReference;
import dev.millrace.message.Catalogue;
import dev.millrace.message.CompressionRequested;
import dev.millrace.message.JobChanged;
import dev.millrace.message.Recipe;
import dev.millrace.message.RefusedException;
import dev.millrace.message.RequestRules;
import dev.millrace.standalone.DataDirectory;
import dev.millrace.standalone.Standalone;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.ToIntFunction;
import java.util.logging.Level;
import org.jspecify.annotations.Nullable;

/**
 * One compression, from a model file to the files in the output directory: by services in this process, or by a server.
 *
 * @param server null for services in this process
 */
record Compression(
        Terminal terminal,
        DataDirectory directory,
        @Nullable URI server) {
    private static final String UNKNOWN_YET = "millrace:sha256/" + "0".repeat(64);

    /** Makes the recipe once it is known how files get their addresses. */
    @FunctionalInterface
    interface RecipeSource {
        Recipe recipe(Catalogue catalogue, Addresses addresses) throws IOException;
    }

    /**
     * Compresses a model; when this process is told to stop before that is done, the job ends. What can be refused is refused before anything is started. Services in this process end the
     * process when {@code finish} has returned: nobody will use them again, and stopping them in order takes seconds.
     *
     * @param finish shows the job after its end and returns the exit status
     * @return the exit status
     * @throws RefusedException if the model, its data or the recipe cannot be worked on
     */
    int run(Path model, RecipeSource source, Path out, ToIntFunction<JobChanged> finish)
            throws IOException, InterruptedException {
        List<String> external = ModelFile.open(model).externalFiles();
        Files.createDirectories(out);
        return server == null
                ? runHere(model, external, source, out, finish)
                : runThere(model, external, source, out, finish, server);
    }

    private int runHere(
            Path model, List<String> external, RecipeSource source, Path out, ToIntFunction<JobChanged> finish)
            throws IOException, InterruptedException {
        Set<Path> roots = new LinkedHashSet<>();
        var catalogue = LocalCatalogue.load();
        Recipe recipe = source.recipe(catalogue, file -> {
            roots.add(Files.isDirectory(file) ? file : directoryOf(file));
            return file.toUri().toString();
        });
        check(recipe, catalogue);
        var progress = new ProgressLine(terminal);
        progress.say("starting");
        var store = FileArtifactStore.open(directory.artifacts(), List.copyOf(roots));
        var stored = CompletableFuture.supplyAsync(() -> {
            recipe.data().values().forEach(data -> digest(store, data.uri()));
            return put(store, model, external);
        });
        var state = directory.holdRun();
        var services = new Standalone(directory, state.directory(), 0, 0, roots, Level.SEVERE);
        // The children end with this process, and nobody waits for services that stop in order.
        var stop = Interruption.on(() -> end(state, ExitStatus.INTERRUPTED));
        try {
            return services.run((address, broker) -> {
                state.publish(address);
                var gateway = new Gateway(address);
                String jobId = gateway.submit(recipe.request(result(stored)));
                JobChanged job = gateway.watch(jobId, progress);
                progress.end();
                ResultFiles.write(job, out, (reference, file) -> copy(store, reference, file));
                int status = finish.applyAsInt(job);
                store.close();
                end(state, status);
                return status;
            });
        } finally {
            stop.close();
        }
    }

    /** Ends the process. What cannot be removed because services still write there goes with the next run. */
    private static void end(DataDirectory.Held state, int status) throws IOException {
        Standalone.abandon();
        try {
            state.discard();
        } finally {
            Runtime.getRuntime().halt(status);
        }
    }

    private int runThere(
            Path model,
            List<String> external,
            RecipeSource source,
            Path out,
            ToIntFunction<JobChanged> finish,
            URI server)
            throws IOException, InterruptedException {
        var gateway = new Gateway(server);
        var catalogue = gateway.catalogue();
        Recipe recipe = source.recipe(catalogue, gateway::address);
        check(recipe, catalogue);
        var progress = new ProgressLine(terminal);
        progress.say("sending the model");
        String jobId = gateway.submit(recipe.request(gateway.upload(model, external)));
        progress.end();
        terminal.err().println("job " + jobId);
        JobChanged job;
        var stop = Interruption.on(() -> gateway.cancel(jobId, "millrace compress was stopped"));
        try {
            job = gateway.watch(jobId, progress);
        } finally {
            stop.close();
        }
        progress.end();
        ResultFiles.write(job, out, gateway::download);
        return finish.applyAsInt(job);
    }

    private static ArtifactReference put(ArtifactStore store, Path model, List<String> external) {
        try {
            return store.put(model, external);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The first task asks what the data is; large data is read while the services start, and the store remembers. */
    private static void digest(ArtifactStore store, String uri) {
        try {
            store.digestData(uri);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ArtifactReference result(CompletableFuture<ArtifactReference> stored)
            throws IOException, InterruptedException {
        try {
            return stored.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UncheckedIOException trouble) {
                throw trouble.getCause();
            }
            if (e.getCause() instanceof RefusedException refused) {
                throw refused;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    private static void check(Recipe recipe, Catalogue catalogue) {
        CompressionRequested request = recipe.request(ArtifactReference.of(UNKNOWN_YET));
        new RequestRules(catalogue, Set.of()).check(request);
    }

    private static void copy(ArtifactStore store, ArtifactReference reference, Path file) throws IOException {
        Path stored = store.resolve(reference);
        write(stored, file);
        for (var part : reference.external()) {
            Path target = file.resolveSibling(part.name());
            Files.createDirectories(directoryOf(target));
            write(stored.resolveSibling(part.name()), target);
        }
    }

    /** The bytes alone: in the store files are read-only, and here they are the user's. */
    private static void write(Path stored, Path target) throws IOException {
        try (InputStream bytes = Files.newInputStream(stored)) {
            Files.copy(bytes, target, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static Path directoryOf(Path file) {
        return file.resolveSibling(".").normalize();
    }
}
