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
    IDX(".*(-|\\.)idx[1-4]-\\w+(\\.gz)?", false, IdxSource::new),
    NPY(".*\\.npy", true, NpySource::open),
    NPZ(".*\\.npz", false, NpzSource::open),
    IMAGES(".*\\.(png|jpe?g|bmp|gif)", true, ImageSource::new),
    CSV(".*\\.(csv|tsv)", false, CsvSource::new),
    JSONL(".*\\.(jsonl|ndjson)", false, TextSource::jsonLines),
    TEXT(".*\\.txt", false, TextSource::plain),
    WAV(".*\\.wav", true, WavSource::new),
    ONNX(".*\\.pb", true, TensorFileSource::new);

    private interface Opener {
        SampleSource open(Path path, DataOptions options, List<ValueSpec> inputs) throws IOException;
    }

    /** How deep a folder is searched for a file whose name tells the format. */
    private static final int DEPTH = 3;

    private final String names;

    /** Whether a whole folder is data; else it must hold one file of the format. */
    private final boolean folders;

    @SuppressWarnings("ImmutableEnumChecker") // constructors and static methods only
    private final Opener opener;

    DataFormat(String names, boolean folders, Opener opener) {
        this.names = names;
        this.folders = folders;
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
        return opener.open(folders ? path : file(path), options, inputs);
    }

    private Path file(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            return path;
        }
        var list = FileList.of(path, this);
        if (list.files().size() > 1) {
            throw new RefusedException(
                    "DATA_AMBIGUOUS",
                    String.valueOf(path.getFileName()),
                    list.files().size() + " files of format " + title() + ": "
                            + list.files().stream().map(list::where).collect(Collectors.joining(", ")),
                    "one of them as the path");
        }
        return list.files().get(0);
    }

    /** The word for it in data references. */
    String title() {
        return name().toLowerCase(Locale.ROOT);
    }
}
