package dev.millrace.engine.data;

import dev.millrace.engine.Value;
import dev.millrace.engine.ValueSpec;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.TensorFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Feeds and expected outputs as ONNX tensors, the layout of ONNX's own tests: a folder with {@code input_0.pb} …, and
 * perhaps {@code output_0.pb} …, or a folder of such folders. The number is the position in the model; a tensor with the
 * name of an input is for that.
 */
final class TensorFileSource implements SampleSource {
    /** Expected outputs are known by position: {@code #0}, {@code #1} …, where their tensors have no names. */
    static final String POSITION = "#";

    private final Path root;
    private final List<Path> folders;
    private final List<ValueSpec> inputs;

    TensorFileSource(Path path, DataOptions options, List<ValueSpec> inputs) throws IOException {
        this.inputs = inputs;
        root = Files.isDirectory(path) ? path : path.resolveSibling("");
        try (var walk = Files.walk(root, 2)) {
            folders = walk.filter(file -> String.valueOf(file.getFileName()).equals("input_0.pb"))
                    .map(Path::getParent)
                    .sorted()
                    .toList();
        }
        if (folders.isEmpty()) {
            throw new RefusedException(
                    "DATA_MISSING", path.toString(), "no input_0.pb", "input_0.pb, or folders with one");
        }
    }

    @Override
    public @Nullable Sample read(long index) throws IOException {
        if (index >= folders.size()) {
            return null;
        }
        var folder = folders.get((int) index);
        var values = new LinkedHashMap<String, Value>();
        for (var entry : tensors(folder, "input").entrySet()) {
            var tensor = entry.getValue();
            boolean named = inputs.stream().anyMatch(input -> input.name().equals(tensor.name()));
            var position =
                    entry.getKey() < inputs.size() ? inputs.get(entry.getKey()).name() : tensor.name();
            values.put(named ? tensor.name() : position, value(tensor));
        }
        var expected = new LinkedHashMap<String, Value>();
        for (var entry : tensors(folder, "output").entrySet()) {
            var name = entry.getValue().name();
            expected.put(name.isEmpty() ? POSITION + entry.getKey() : name, value(entry.getValue()));
        }
        return new Sample(values, null, expected, Map.of(), true, 1, where(folder));
    }

    private Map<Integer, Tensor> tensors(Path folder, String kind) throws IOException {
        var tensors = new TreeMap<Integer, Tensor>();
        for (int i = 0; Files.isRegularFile(folder.resolve(kind + "_" + i + ".pb")); i++) {
            tensors.put(i, TensorFile.read(folder.resolve(kind + "_" + i + ".pb")));
        }
        return tensors;
    }

    private static Value value(Tensor tensor) {
        if (tensor.type().bits() < 8) {
            throw new RefusedException(
                    "DATA_MALFORMED",
                    "tensor '" + tensor.name() + "'",
                    tensor.type().name(),
                    "numbers of 8 bits or more");
        }
        var bytes = tensor.bytes();
        return Value.of(
                tensor.type(),
                tensor.dims(),
                ByteBuffer.allocateDirect(bytes.remaining()).put(bytes).flip());
    }

    private String where(Path folder) {
        var name = root.relativize(folder).toString();
        return name.isEmpty() ? String.valueOf(folder.getFileName()) : name;
    }

    @Override
    public long count() {
        return folders.size();
    }
}
