package dev.millrace.training;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.Json;
import dev.millrace.stage.Checkpoints;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/**
 * How far a training is, for the next attempt: the checkpoint of the run at work; while the first of two endings is at work
 * the place where they part; then what that ending came to. One checkpoint of the task holds all of it, as a ZIP file.
 */
final class Bookmark {
    private static final String TRAINING = "training";
    private static final String BRANCH = "branch";
    private static final String FIRST = "first.onnx";
    private static final String FIRST_REPORT = "first.json";
    private static final List<String> PARTS = List.of(TRAINING, BRANCH, FIRST, FIRST_REPORT);

    private final Checkpoints checkpoints;
    private final Path directory;

    private Bookmark(Checkpoints checkpoints, Path directory) {
        this.checkpoints = checkpoints;
        this.directory = directory;
    }

    /**
     * Where an earlier attempt got to, or the beginning.
     *
     * @param directory takes the parts
     */
    static Bookmark open(Checkpoints checkpoints, Path directory) throws IOException {
        var latest = checkpoints.latest();
        if (latest.isPresent()) {
            try (var zip = new ZipInputStream(Files.newInputStream(latest.get()))) {
                for (var entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                    if (PARTS.contains(entry.getName())) {
                        Files.copy(zip, directory.resolve(entry.getName()));
                    }
                }
            }
        }
        return new Bookmark(checkpoints, directory);
    }

    /** The run at work. */
    Optional<Path> training() {
        return part(TRAINING);
    }

    /** What the first ending came to; empty while it is at work. */
    Optional<Ending> first() throws IOException {
        var file = part(FIRST);
        return file.isPresent()
                ? Optional.of(new Ending(
                        file.get(),
                        Json.mapper().readTree(directory.resolve(FIRST_REPORT).toFile())))
                : Optional.empty();
    }

    private Optional<Path> part(String name) {
        return Optional.of(directory.resolve(name)).filter(Files::exists);
    }

    void save(Path checkpoint) throws IOException {
        put(checkpoint, TRAINING);
        save();
    }

    /** Remembers where the second ending begins, from the next time that something is saved. */
    void branch(Path checkpoint) throws IOException {
        put(checkpoint, BRANCH);
    }

    boolean hasBranch() {
        return part(BRANCH).isPresent();
    }

    /** The second ending is at work from here on. */
    void finishFirst(Ending ending) throws IOException {
        Files.move(directory.resolve(BRANCH), directory.resolve(TRAINING), StandardCopyOption.REPLACE_EXISTING);
        Json.mapper().writeValue(directory.resolve(FIRST_REPORT).toFile(), ending.report());
        Files.move(ending.model(), directory.resolve(FIRST));
        save();
    }

    private void put(Path file, String part) throws IOException {
        Files.copy(file, directory.resolve(part), StandardCopyOption.REPLACE_EXISTING);
    }

    private void save() throws IOException {
        var file = Files.createTempFile(directory, "bookmark", ".zip");
        try (var zip = new ZipOutputStream(Files.newOutputStream(file))) {
            zip.setLevel(Deflater.NO_COMPRESSION);
            for (var part : PARTS) {
                if (part(part).isPresent()) {
                    zip.putNextEntry(new ZipEntry(part));
                    Files.copy(directory.resolve(part), zip);
                }
            }
        }
        checkpoints.save(file);
        Files.delete(file);
    }

    /**
     * A student at the end of a run.
     *
     * @param report of the run, its {@code score} included
     */
    record Ending(Path model, JsonNode report) {
        private static final String SCORE = "score";

        /** On the data held out, higher is better. */
        double score() {
            return report.path(SCORE).asDouble();
        }
    }
}
