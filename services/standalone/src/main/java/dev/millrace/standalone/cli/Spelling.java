package dev.millrace.standalone.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.millrace.message.Json;
import dev.millrace.message.RefusedException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code HEAD[,key=value…]}, how stages and data sets are spelled on the command line. Commas between brackets or double
 * quotes do not separate. A key that stands twice has a list of values.
 *
 * <pre>{@code pruning:magnitude,sparsity=0.5,ignored=[/head/*,/stem/*]}</pre>
 */
record Spelling(String head, Map<String, List<String>> options) {
    private static final String ANY = "any";

    /** @throws RefusedException if something after the head is not {@code key=value} */
    static Spelling parse(String argument, String where) {
        List<String> parts = split(argument);
        Map<String, List<String>> options = new LinkedHashMap<>();
        for (String part : parts.subList(1, parts.size())) {
            int equals = part.indexOf('=');
            if (equals < 1) {
                throw new RefusedException("BAD_ARGUMENT", where, "'" + part + "'", "key=value after the first comma");
            }
            options.computeIfAbsent(part.substring(0, equals), key -> new ArrayList<>())
                    .add(part.substring(equals + 1));
        }
        return new Spelling(parts.get(0), options);
    }

    /**
     * The values as JSON.
     *
     * @param types by key, as {@link dev.millrace.message.TechniqueDescription.Option#type()}. Where a key has none its value
     *     is read as a JSON number, truth value or list if it is one, else as text
     */
    Map<String, JsonNode> values(Map<String, String> types) {
        Map<String, JsonNode> values = new LinkedHashMap<>();
        options.forEach((key, texts) -> values.put(key, value(texts, types.getOrDefault(key, ANY))));
        return values;
    }

    private static JsonNode value(List<String> texts, String type) {
        boolean plural = type.endsWith("s") && !type.contains("|");
        if (plural || texts.size() > 1 || (type.equals(ANY) && isList(texts.get(0)))) {
            String element = plural ? type.substring(0, type.length() - 1) : type;
            ArrayNode list = JsonNodeFactory.instance.arrayNode();
            texts.stream().flatMap(text -> elements(text).stream()).forEach(text -> list.add(single(text, element)));
            return list;
        }
        return single(texts.get(0), type);
    }

    private static JsonNode single(String text, String type) {
        boolean textual = type.equals("string") || type.contains("|");
        if (!textual) {
            try {
                JsonNode parsed = Json.mapper().readTree(text);
                if (parsed.isNumber() || parsed.isBoolean() || type.equals("object")) {
                    return parsed;
                }
            } catch (JsonProcessingException e) {
                return JsonNodeFactory.instance.textNode(text); // not JSON, so it is text
            }
        }
        return JsonNodeFactory.instance.textNode(unquoted(text));
    }

    private static boolean isList(String text) {
        return text.startsWith("[") && text.endsWith("]");
    }

    private static List<String> elements(String text) {
        if (!isList(text)) {
            return List.of(text);
        }
        String inside = text.substring(1, text.length() - 1).strip();
        return inside.isEmpty()
                ? List.of()
                : split(inside).stream().map(String::strip).toList();
    }

    private static String unquoted(String text) {
        boolean quoted = text.length() > 1 && text.startsWith("\"") && text.endsWith("\"");
        return quoted ? text.substring(1, text.length() - 1) : text;
    }

    private static List<String> split(String text) {
        List<String> parts = new ArrayList<>();
        int depth = 0;
        boolean quoted = false;
        int start = 0;
        for (int i = 0; i < text.length(); i++) {
            char letter = text.charAt(i);
            if (letter == '"') {
                quoted = !quoted;
            } else if (!quoted && (letter == '[' || letter == '{')) {
                depth++;
            } else if (!quoted && (letter == ']' || letter == '}')) {
                depth--;
            } else if (!quoted && depth == 0 && letter == ',') {
                parts.add(text.substring(start, i));
                start = i + 1;
            }
        }
        parts.add(text.substring(start));
        return parts;
    }
}
