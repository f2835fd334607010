package dev.millrace.engine;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ValueInfo;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A temporary copy of a model with more outputs, and with names that Java and ONNX Runtime spell alike.
 *
 * <p>JNI hands strings over in a UTF-8 of its own, where characters above U+FFFF have six bytes instead of four, so
 * ONNX Runtime does not find an input called {@code "🙂"}. Such inputs and outputs are renamed in the copy.
 *
 * @param aliases name in the copy to name in the model, for what was renamed
 */
record PortableCopy(Path directory, Path file, Map<String, String> aliases) implements Closeable {

    static boolean portable(String name) {
        return name.chars().noneMatch(c -> c == 0 || Character.isSurrogate((char) c));
    }

    static PortableCopy write(Path source, Collection<String> observed, Path parent) throws IOException {
        var model = Model.read(source);
        var graph = model.graph();
        for (var value : observed) {
            if (graph.producer(value).isEmpty() && !graph.isOutput(value)) {
                throw new RefusedException(
                        "UNKNOWN_VALUE",
                        String.valueOf(source.getFileName()),
                        value,
                        "what a node of the main graph makes");
            }
            if (!graph.isOutput(value)) {
                graph.addOutput(ValueInfo.untyped(value));
            }
        }
        var aliases = new LinkedHashMap<String, String>();
        for (var infos : List.of(graph.requiredInputs(), List.copyOf(graph.outputs()))) {
            for (var info : infos) {
                if (!portable(info.name())) {
                    var alias = graph.freshName("value");
                    graph.rename(info.name(), alias);
                    aliases.put(alias, info.name());
                }
            }
        }
        var directory = Files.createTempDirectory(parent, "copy");
        var file = directory.resolve("model.onnx");
        model.write(file);
        return new PortableCopy(directory, file, aliases);
    }

    @Override
    public void close() throws IOException {
        try (var files = Files.list(directory)) {
            for (var file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.deleteIfExists(directory);
    }
}
