package dev.millrace.engine.data;

import dev.millrace.engine.Value;
import dev.millrace.engine.ValueSpec;
import dev.millrace.message.RefusedException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * A {@code .npz} whose arrays are called {@code NNN/name}: each {@code NNN} is one whole feed, read when it is wanted.
 *
 * <p>A {@code .npz} without such names is a {@link NpySource} over its arrays.
 */
final class NpzSource implements SampleSource {
    private final String where;
    private final ZipFile zip;
    private final List<Map<String, String>> feeds;
    private final Labels labels;
    private final Normalization normalization;

    private NpzSource(
            String where, ZipFile zip, List<Map<String, String>> feeds, Labels labels, Normalization normalization) {
        this.where = where;
        this.zip = zip;
        this.feeds = feeds;
        this.labels = labels;
        this.normalization = normalization;
    }

    static SampleSource open(Path path, DataOptions options, List<ValueSpec> inputs) throws IOException {
        var where = String.valueOf(path.getFileName());
        var normalization = Normalization.of(options, 1);
        var labels = new Labels(options.text("label").orElse(null), inputs);
        var zip = zip(path, where);
        try {
            var names = zip.stream()
                    .map(entry -> entry.getName())
                    .filter(name -> name.endsWith(".npy"))
                    .sorted()
                    .toList();
            if (names.isEmpty()) {
                throw new RefusedException(
                        "DATA_MALFORMED", where, "no array in it", "arrays as numpy.savez writes them");
            }
            if (names.stream().allMatch(name -> name.contains("/"))) {
                var feeds = new TreeMap<String, Map<String, String>>();
                for (var name : names) {
                    int slash = name.indexOf('/');
                    feeds.computeIfAbsent(name.substring(0, slash), key -> new LinkedHashMap<>())
                            .put(title(name.substring(slash + 1)), name);
                }
                return new NpzSource(where, zip, new ArrayList<>(feeds.values()), labels, normalization);
            }
            var arrays = new LinkedHashMap<String, NpyArray>();
            for (var name : names) {
                arrays.put(title(name), array(zip, name, where));
            }
            zip.close();
            var label = labels.among(arrays.keySet());
            var labelArray = label == null ? null : arrays.remove(label);
            return new NpySource(where, arrays, labelArray, normalization);
        } catch (IOException | RuntimeException e) {
            zip.close();
            throw e;
        }
    }

    private static ZipFile zip(Path path, String where) throws IOException {
        try {
            return new ZipFile(path.toFile());
        } catch (ZipException e) {
            throw new RefusedException("DATA_MALFORMED", where, String.valueOf(e.getMessage()), "a zip of .npy arrays");
        }
    }

    private static String title(String entry) {
        return entry.substring(0, entry.length() - ".npy".length());
    }

    private static NpyArray array(ZipFile zip, String entry, String where) throws IOException {
        try (var in = zip.getInputStream(zip.getEntry(entry))) {
            return NpyArray.of(where + ", array '" + title(entry) + "'", Spool.unpack(in));
        }
    }

    @Override
    public @Nullable Sample read(long index) throws IOException {
        if (index >= feeds.size()) {
            return null;
        }
        var names = feeds.get((int) index);
        var values = new LinkedHashMap<String, Value>();
        for (var entry : names.entrySet()) {
            try (var array = array(zip, entry.getValue(), where)) {
                values.put(entry.getKey(), array.all());
            }
        }
        var label = labels.among(values.keySet());
        var classes = label == null ? null : Objects.requireNonNull(values.remove(label));
        values.replaceAll((name, value) -> normalization.apply(value, 1));
        var key = names.values().iterator().next();
        return new Sample(
                values,
                classes == null || classes.rank() > 0 ? classes : classes.reshaped(1),
                Map.of(),
                Map.of(),
                true,
                1,
                where + ", feed " + key.substring(0, key.indexOf('/')));
    }

    @Override
    public long count() {
        return feeds.size();
    }

    @Override
    public void close() throws IOException {
        zip.close();
    }
}
