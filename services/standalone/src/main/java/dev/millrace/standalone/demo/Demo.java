package dev.millrace.standalone.demo;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Objects;

/** The files of {@code millrace demo}. */
public final class Demo {
    public static final String MODEL = "digits.onnx";
    public static final String RECIPE = "recipe.yaml";

    private Demo() {}

    /** Writes model, data and recipe into a directory, replacing what is there; returns the recipe. */
    public static Path unpack(Path directory) throws IOException {
        Files.createDirectories(directory);
        for (String name : List.of(MODEL, Digits.TRAINING, Digits.TEST, RECIPE, "ATTRIBUTION.md")) {
            try (InputStream content = Objects.requireNonNull(Demo.class.getResourceAsStream(name), name)) {
                Files.copy(content, directory.resolve(name), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        return directory.resolve(RECIPE);
    }
}
