package dev.millrace.nas;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.Json;
import dev.millrace.stage.Checkpoints;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Checkpoints of one part of a task whose second part begins with what the first one found. A checkpoint is a ZIP file of
 * what was found, {@code null} in the first part, and of the part's own checkpoint.
 *
 * @param found what the part begins with
 * @param directory for temporary files
 */
record PartCheckpoints(Checkpoints all, JsonNode found, Path directory) implements Checkpoints {
    private static final String FOUND = "found.json";
    private static final String OWN = "own";

    /** What the first part found; empty if the task is not behind it. */
    static Optional<JsonNode> found(Checkpoints all) throws IOException {
        var latest = all.latest();
        return latest.isPresent()
                ? Optional.of(found(latest.get())).filter(found -> !found.isNull())
                : Optional.empty();
    }

    private static JsonNode found(Path checkpoint) throws IOException {
        try (var zip = new ZipFile(checkpoint.toFile());
                var in = zip.getInputStream(zip.getEntry(FOUND))) {
            return Json.mapper().readTree(in);
        }
    }

    @Override
    public Optional<Path> latest() throws IOException {
        var latest = all.latest();
        if (latest.isEmpty() || !found(latest.get()).equals(found)) {
            return Optional.empty();
        }
        var file = Files.createTempFile(directory, "checkpoint", ".own");
        try (var zip = new ZipFile(latest.get().toFile());
                var in = zip.getInputStream(zip.getEntry(OWN));
                var out = Files.newOutputStream(file)) {
            in.transferTo(out);
        }
        return Optional.of(file);
    }

    @Override
    public void save(Path checkpoint) throws IOException {
        var file = Files.createTempFile(directory, "checkpoint", ".zip");
        try (var zip = new ZipOutputStream(Files.newOutputStream(file))) {
            zip.setLevel(Deflater.NO_COMPRESSION);
            zip.putNextEntry(new ZipEntry(FOUND));
            zip.write(Json.mapper().writeValueAsBytes(found));
            zip.putNextEntry(new ZipEntry(OWN));
            Files.copy(checkpoint, zip);
        }
        all.save(file);
        Files.delete(file);
    }
}
