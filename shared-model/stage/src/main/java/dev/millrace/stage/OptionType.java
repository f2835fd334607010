package dev.millrace.stage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.millrace.message.Json;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * The JSON that an option of a Java type takes.
 *
 * @param name as the catalogue spells it: {@code number}, {@code strings}, {@code minmax|entropy} …
 */
record OptionType(String name, Predicate<JsonNode> accepts, Function<JsonNode, @Nullable Object> convert) {
    private static final Pattern WORD_END = Pattern.compile("_(.)");
    private static final Map<Type, OptionType> SCALARS = Map.of(
            double.class, new OptionType("number", JsonNode::isNumber, JsonNode::doubleValue),
            Double.class, new OptionType("number", JsonNode::isNumber, JsonNode::doubleValue),
            int.class, new OptionType("integer", OptionType::isInt, JsonNode::intValue),
            Integer.class, new OptionType("integer", OptionType::isInt, JsonNode::intValue),
            long.class, new OptionType("integer", OptionType::isLong, JsonNode::longValue),
            Long.class, new OptionType("integer", OptionType::isLong, JsonNode::longValue),
            boolean.class, new OptionType("boolean", JsonNode::isBoolean, JsonNode::booleanValue),
            Boolean.class, new OptionType("boolean", JsonNode::isBoolean, JsonNode::booleanValue),
            String.class, new OptionType("string", JsonNode::isTextual, JsonNode::textValue),
            JsonNode.class, new OptionType("object", node -> true, node -> node));

    /** @throws IllegalArgumentException if no JSON is defined for the type: a mistake in the technique */
    static OptionType of(Type type) {
        var scalar = SCALARS.get(type);
        if (scalar != null) {
            return scalar;
        }
        if (type instanceof Class<?> word && word.isEnum()) {
            return words(word);
        }
        if (type instanceof ParameterizedType generic) {
            var arguments = generic.getActualTypeArguments();
            if (generic.getRawType() == List.class || generic.getRawType() == Set.class) {
                return collection(of(arguments[0]), generic.getRawType() == Set.class);
            }
            if (generic.getRawType() == Map.class && arguments[0] == String.class) {
                return byName(of(arguments[1]));
            }
        }
        throw new IllegalArgumentException("no option can be a " + type.getTypeName());
    }

    private static OptionType words(Class<?> type) {
        var constants = new LinkedHashMap<String, Object>();
        Arrays.stream(type.getEnumConstants()).forEach(constant -> constants.put(word((Enum<?>) constant), constant));
        return new OptionType(
                String.join("|", constants.keySet()),
                node -> node.isTextual() && constants.containsKey(node.textValue()),
                node -> constants.get(node.textValue()));
    }

    /** The JSON that an option of this value is written as. */
    static JsonNode json(Object value) {
        if (value instanceof Enum<?> constant) {
            return TextNode.valueOf(word(constant));
        }
        if (value instanceof Collection<?> elements) {
            var array = JsonNodeFactory.instance.arrayNode();
            elements.forEach(element -> array.add(json(element)));
            return array;
        }
        if (value instanceof Map<?, ?> entries) {
            var object = JsonNodeFactory.instance.objectNode();
            entries.forEach((name, element) -> object.set((String) name, json(element)));
            return object;
        }
        return Json.mapper().valueToTree(value);
    }

    /** A single value stands for a collection of one. */
    private static OptionType collection(OptionType element, boolean distinct) {
        Function<JsonNode, @Nullable Object> convert = node -> {
            var values = elements(node).map(element.convert()).map(Objects::requireNonNull);
            return distinct ? values.collect(Collectors.toUnmodifiableSet()) : values.toList();
        };
        return new OptionType(
                element.name().contains("|") ? "strings" : element.name() + "s",
                node -> elements(node).allMatch(element.accepts()),
                convert);
    }

    private static Stream<JsonNode> elements(JsonNode node) {
        return node.isArray() ? StreamSupport.stream(node.spliterator(), false) : Stream.of(node);
    }

    private static OptionType byName(OptionType value) {
        return new OptionType(
                "object",
                node -> node.isObject()
                        && StreamSupport.stream(node.spliterator(), false).allMatch(value.accepts()),
                node -> node.properties().stream()
                        .collect(Collectors.toUnmodifiableMap(
                                Map.Entry::getKey,
                                entry -> Objects.requireNonNull(value.convert().apply(entry.getValue())))));
    }

    /** The word of a constant: its Jackson name where it has one, else {@code MIN_MAX} reads {@code minMax}. */
    private static String word(Enum<?> constant) {
        var name = Json.mapper().valueToTree(constant).textValue();
        return name.equals(constant.name())
                ? WORD_END.matcher(name.toLowerCase(Locale.ROOT))
                        .replaceAll(match -> match.group(1).toUpperCase(Locale.ROOT))
                : name;
    }

    private static boolean isInt(JsonNode node) {
        return node.canConvertToExactIntegral() && node.canConvertToInt();
    }

    private static boolean isLong(JsonNode node) {
        return node.canConvertToExactIntegral() && node.canConvertToLong();
    }
}
