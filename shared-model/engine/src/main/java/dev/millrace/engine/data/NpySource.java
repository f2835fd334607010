package dev.millrace.engine.data;

import dev.millrace.engine.Value;
import dev.millrace.engine.ValueSpec;
import dev.millrace.message.RefusedException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Arrays whose first axes count the same rows. */
final class NpySource implements SampleSource {
    private static final String LABELS = "labels.npy";

    private final String where;
    private final Map<String, NpyArray> arrays;
    private final @Nullable NpyArray labels;
    private final Normalization normalization;

    NpySource(String where, Map<String, NpyArray> arrays, @Nullable NpyArray labels, Normalization normalization) {
        this.where = where;
        this.arrays = arrays;
        this.labels = labels;
        this.normalization = normalization;
        for (var array : arrays.values()) {
            requireRows(array);
        }
        if (labels != null) {
            requireRows(labels);
        }
    }

    static SampleSource open(Path path, DataOptions options, List<ValueSpec> inputs) throws IOException {
        var normalization = Normalization.of(options, 1);
        var beside = Files.isDirectory(path) ? path.resolve(LABELS) : path.resolveSibling(LABELS);
        var labels = options.file("labels")
                .or(() -> Optional.of(beside).filter(file -> Files.isRegularFile(file) && !file.equals(path)));
        var arrays = new TreeMap<String, NpyArray>();
        if (Files.isDirectory(path)) {
            try (var files = Files.list(path)) {
                for (var file : files.filter(DataFormat.NPY::matches).sorted().toList()) {
                    if (!file.equals(labels.orElse(null))) {
                        var name = String.valueOf(file.getFileName());
                        arrays.put(name.substring(0, name.length() - ".npy".length()), array(file));
                    }
                }
            }
        } else {
            arrays.put("array", array(path));
        }
        if (arrays.isEmpty()) {
            throw new RefusedException("DATA_MISSING", path.toString(), "no .npy file", "one for each input");
        }
        return new NpySource(
                String.valueOf(path.getFileName()),
                arrays,
                labels.isPresent() ? array(labels.get()) : null,
                normalization);
    }

    private static NpyArray array(Path file) throws IOException {
        return NpyArray.of(String.valueOf(file.getFileName()), FileChannel.open(file, StandardOpenOption.READ));
    }

    private void requireRows(NpyArray array) {
        if (array.rows() != count()) {
            throw new RefusedException(
                    "DATA_MALFORMED",
                    where + ", array '" + array.where() + "'",
                    array.rows() + " rows",
                    count() + ", as the others have");
        }
    }

    @Override
    public @Nullable Sample read(long index) throws IOException {
        if (index >= count()) {
            return null;
        }
        var values = new LinkedHashMap<String, Value>();
        for (var entry : arrays.entrySet()) {
            values.put(entry.getKey(), normalization.apply(entry.getValue().row(index), 1));
        }
        return new Sample(
                values,
                labels == null ? null : labels.row(index),
                Map.of(),
                Map.of(),
                false,
                1,
                where + ", sample " + index);
    }

    @Override
    public long count() {
        return arrays.values().iterator().next().rows();
    }

    @Override
    public void close() throws IOException {
        for (var array : arrays.values()) {
            array.close();
        }
        if (labels != null) {
            labels.close();
        }
    }
}
