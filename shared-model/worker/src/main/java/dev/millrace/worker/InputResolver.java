package dev.millrace.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.millrace.artifact.ArtifactStore;
import dev.millrace.message.ArtifactReference;
import dev.millrace.message.DataReference;
import dev.millrace.message.TaskIssued;
import dev.millrace.stage.LocalData;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/** Brings what a task refers to onto this machine. Whatever cannot be had is refused by the store. */
final class InputResolver {
    private final ArtifactStore store;

    InputResolver(ArtifactStore store) {
        this.store = store;
    }

    /** @throws dev.millrace.message.RefusedException if a reference leads nowhere or where it must not lead */
    LocalInputs resolve(TaskIssued task) throws IOException {
        var contents = new TreeMap<String, Object>();
        contents.put("model", content(task.model(), task));
        if (task.baseline() != null) {
            contents.put("baseline", content(task.baseline(), task));
        }
        var data = new TreeMap<String, LocalData>();
        for (var entry : task.data().entrySet()) {
            var reference = entry.getValue();
            data.put(entry.getKey(), local(reference));
            contents.put("data." + entry.getKey(), content(reference));
        }
        return new LocalInputs(
                store.resolve(task.model()),
                task.baseline() == null ? null : store.resolve(task.baseline()),
                data,
                localOptions(task.options()),
                contents);
    }

    /** Options with files by content. */
    Map<String, JsonNode> optionContents(Map<String, JsonNode> options) throws IOException {
        return replaceFiles(options, store::digestData);
    }

    private Map<String, JsonNode> localOptions(Map<String, JsonNode> options) throws IOException {
        return replaceFiles(options, uri -> store.resolveData(uri).toString());
    }

    /** What stands for a file in the place of its address. */
    private interface Replacement {
        String of(String uri) throws IOException;
    }

    /** Options that are addresses, or lists of them, with something else in place of each address. */
    private static Map<String, JsonNode> replaceFiles(Map<String, JsonNode> options, Replacement replacement)
            throws IOException {
        var replaced = new TreeMap<>(options);
        for (var option : options.entrySet()) {
            replaced.put(option.getKey(), replaceFiles(option.getValue(), replacement));
        }
        return replaced;
    }

    private static JsonNode replaceFiles(JsonNode option, Replacement replacement) throws IOException {
        if (isFile(option)) {
            return TextNode.valueOf(replacement.of(option.textValue()));
        }
        if (!option.isArray()) {
            return option;
        }
        var list = JsonNodeFactory.instance.arrayNode();
        for (var element : option) {
            list.add(replaceFiles(element, replacement));
        }
        return list;
    }

    private LocalData local(DataReference data) throws IOException {
        return new LocalData(store.resolveData(data.uri()), data.format(), localOptions(data.options()));
    }

    private Object content(DataReference data) throws IOException {
        return Arrays.asList(store.digestData(data.uri()), data.format(), optionContents(data.options()));
    }

    /**
     * The store knows every file of the models in it. Of a user's model with external data nobody knows whether the
     * reference lists all: it is content of its task alone, because what is not digested must not lead to a stored result.
     */
    private Object content(ArtifactReference reference, TaskIssued task) throws IOException {
        var identified = store.identify(reference);
        var known = Arrays.asList(identified.sha256(), identified.external());
        boolean complete = !reference.uri().startsWith("file:") || !ExternalData.mayBeIn(store.resolve(reference));
        return complete ? known : Arrays.asList(known, task.taskId());
    }

    private static boolean isFile(JsonNode option) {
        return option.isTextual()
                && (option.textValue().startsWith("file:") || option.textValue().startsWith("millrace:"));
    }
}
