package dev.millrace.engine.data;

import dev.millrace.engine.ValueSpec;
import dev.millrace.message.RefusedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The formats of data: how each is recognised and read. */
enum DataFormat {
    IDX(".*(-|\\.)idx[1-4]-\\w+(\\.gz)?", IdxSource::new),
    NPY(".*\\.npy", NpySource::open),
    NPZ(".*\\.npz", NpzSource::open),
    IMAGES(".*\\.(png|jpe?g|bmp|gif)", ImageSource::new),
    CSV(".*\\.(csv|tsv)", CsvSource::new),
    JSONL(".*\\.(jsonl|ndjson)", TextSource::jsonLines),
    TEXT(".*\\.txt", TextSource::plain),
    WAV(".*\\.wav", WavSource::new),
    ONNX(".*\\.pb", TensorFileSource::new);

    private interface Opener {
        SampleSource open(Path path, DataOptions options, List<ValueSpec> inputs) throws IOException;
    }

    /** How deep a folder is searched for a file whose name tells the format. */
    private static final int DEPTH = 3;

    private final String names;

    @SuppressWarnings("ImmutableEnumChecker") // constructors and static methods only
    private final Opener opener;

    DataFormat(String names, Opener opener) {
        this.names = names;
        this.opener = opener;
    }

    static DataFormat of(Path path, @Nullable String format) throws IOException {
        if (format != null) {
            return Arrays.stream(values())
                    .filter(candidate -> candidate.title().equalsIgnoreCase(format))
                    .findFirst()
                    .orElseThrow(() -> unknown(path, format));
        }
        try (var files = Files.walk(path, DEPTH)) {
            return files.filter(Files::isRegularFile)
                    .sorted()
                    .flatMap(file -> Arrays.stream(values()).filter(candidate -> candidate.matches(file)))
                    .findFirst()
                    .orElseThrow(() -> unknown(path, "not to be told from the file's name"));
        }
    }

    private static RefusedException unknown(Path path, String found) {
        return new RefusedException(
                "UNKNOWN_FORMAT",
                path.getFileName() + ", format",
                found,
                Arrays.stream(values()).map(DataFormat::title).collect(Collectors.joining(", ")));
    }

    boolean matches(Path file) {
        return String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT).matches(names);
    }

    SampleSource open(Path path, DataOptions options, List<ValueSpec> inputs) throws IOException {
        return opener.open(path, options, inputs);
    }

    /** The word for it in data references. */
    String title() {
        return name().toLowerCase(Locale.ROOT);
    }
}
