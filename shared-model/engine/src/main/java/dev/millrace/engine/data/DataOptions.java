package dev.millrace.engine.data;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.RefusedException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/**
 * The options of a data reference. Every accessor makes its name known, so what nobody asked for is unknown.
 *
 * <p>Values may be JSON or their text, as from a command line: {@code 128} and {@code "128"}, {@code [0.5, 0.5]} and
 * {@code "0.5;0.5"}.
 */
final class DataOptions {
    private final String where;
    private final Map<String, JsonNode> options;
    private final TreeSet<String> known = new TreeSet<>();

    DataOptions(String where, Map<String, JsonNode> options) {
        this.where = where;
        this.options = new LinkedHashMap<>(options);
    }

    Optional<String> text(String name) {
        return node(name).map(JsonNode::asText);
    }

    Optional<Path> file(String name) {
        return text(name).map(Path::of);
    }

    /** One of a few words, case ignored. */
    String word(String name, String otherwise, String... allowed) {
        var word = text(name).orElse(otherwise);
        return Arrays.stream(allowed)
                .filter(word::equalsIgnoreCase)
                .findFirst()
                .orElseThrow(() -> refused(name, word, String.join(", ", allowed)));
    }

    boolean flag(String name, boolean otherwise) {
        return Boolean.parseBoolean(word(name, Boolean.toString(otherwise), "true", "false"));
    }

    double number(String name, double otherwise) {
        return numbers(name).map(numbers -> single(name, numbers)).orElse(otherwise);
    }

    /** A whole number of at least {@code least}. */
    Optional<Long> whole(String name, long least) {
        return numbers(name).map(numbers -> {
            double number = single(name, numbers);
            if (number != Math.rint(number) || number < least) {
                throw refused(name, Double.toString(number), "a whole number of at least " + least);
            }
            return (long) number;
        });
    }

    /** One number or a list. */
    Optional<double[]> numbers(String name) {
        return node(name).map(node -> {
            var words = node.isArray()
                    ? StreamSupport.stream(node.spliterator(), false).map(JsonNode::asText)
                    : Arrays.stream(node.asText().split("[;\\s]+"));
            try {
                return words.mapToDouble(Double::parseDouble).toArray();
            } catch (NumberFormatException e) {
                throw refused(name, node.toString(), "numbers");
            }
        });
    }

    /** The options {@code prefix.NAME}, or the fields of an object under {@code prefix}, by {@code NAME}. */
    Map<String, Double> numbersUnder(String prefix) {
        known.add(prefix + ".NAME");
        var found = new LinkedHashMap<String, Double>();
        var object = options.get(prefix);
        if (object != null && object.isObject()) {
            known.add(prefix);
            object.properties()
                    .forEach(field -> found.put(field.getKey(), field.getValue().asDouble()));
        }
        options.keySet().stream()
                .filter(name -> name.startsWith(prefix + "."))
                .forEach(name -> found.put(name.substring(prefix.length() + 1), number(name, 0)));
        return found;
    }

    /**
     * To be called when everything has been asked.
     *
     * @throws RefusedException {@code UNKNOWN_OPTION} for the first option that nobody asked for
     */
    void refuseUnknown(String format) {
        for (var name : options.keySet()) {
            if (!known.contains(name)) {
                throw new RefusedException(
                        "UNKNOWN_OPTION",
                        where + ", format " + format,
                        name,
                        known.stream()
                                .filter(option -> !option.matches("fill\\.(?!NAME).*"))
                                .collect(Collectors.joining(", ")));
            }
        }
    }

    RefusedException refused(String name, String found, String allowed) {
        return new RefusedException("INVALID_OPTION", where + ", option '" + name + "'", found, allowed);
    }

    private double single(String name, double[] numbers) {
        if (numbers.length != 1) {
            throw refused(name, Arrays.toString(numbers), "one number");
        }
        return numbers[0];
    }

    private Optional<JsonNode> node(String name) {
        known.add(name);
        return Optional.ofNullable(options.get(name)).filter(node -> !node.isNull());
    }

    /** Names known so far, for errors of the opener. */
    List<String> known() {
        return List.copyOf(known);
    }
}
