package dev.millrace.gateway;

import dev.millrace.artifact.OwnDirectory;
import dev.millrace.message.RefusedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jboss.resteasy.reactive.multipart.FileUpload;

/** The parts of an upload side by side, under the names that the model has for them; gone when closed. */
record StagedModel(Path directory, Path model, List<String> external) implements AutoCloseable {
    private static final String MODEL = "model";
    private static final String FILE = "model.onnx";

    /** @throws RefusedException if there is no part {@code model}, or a name leaves the directory or is there twice */
    static StagedModel of(List<FileUpload> parts) throws IOException {
        if (parts.stream().filter(part -> part.name().equals(MODEL)).count() != 1) {
            throw new RefusedException(
                    "BAD_FIELD",
                    "parts",
                    parts.stream().map(FileUpload::name).toList().toString(),
                    "one part 'model'");
        }
        var external = parts.stream()
                .map(FileUpload::name)
                .filter(name -> !name.equals(MODEL))
                .sorted()
                .toList();
        // Beside the uploaded parts, so that moving them copies nothing.
        Path uploads = Objects.requireNonNull(parts.get(0).uploadedFile().getParent());
        var staged = new StagedModel(Files.createTempDirectory(uploads, MODEL), external);
        for (var part : parts) {
            staged.move(part);
        }
        return staged;
    }

    private StagedModel(Path directory, List<String> external) {
        this(directory, directory.resolve(FILE), external);
    }

    private void move(FileUpload part) throws IOException {
        Path target = part.name().equals(MODEL) ? model : inside(part.name());
        Files.createDirectories(Objects.requireNonNull(target.getParent()));
        if (Files.exists(target)) {
            throw refused(part.name(), "a name that no other part has");
        }
        Files.move(part.uploadedFile(), target);
    }

    private Path inside(String name) {
        try {
            Path target = directory.resolve(name).normalize();
            if (target.startsWith(directory)
                    && directory.relativize(target).toString().equals(name)) {
                return target;
            }
        } catch (InvalidPathException e) {
            throw refused(name, "a file name");
        }
        throw refused(name, "a relative path below the model's directory");
    }

    private static RefusedException refused(String name, String allowed) {
        return new RefusedException("BAD_FIELD", "part", "'" + name + "'", allowed);
    }

    @Override
    public void close() throws IOException {
        OwnDirectory.delete(directory);
    }
}
