package dev.millrace.stage;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.Json;
import dev.millrace.message.NearestName;
import dev.millrace.message.RefusedException;
import dev.millrace.message.TechniqueDescription;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Turns the JSON options of a recipe into the options record of a technique. What a recipe leaves out, or sets to null,
 * takes the default of {@link Option}. Everything that cannot be bound is refused, so a technique never sees a wrong type.
 */
public final class OptionBinder {
    private OptionBinder() {}

    /**
     * The options record of a technique.
     *
     * @param where {@code "pruning:magnitude"}, for the refusal
     * @throws RefusedException {@code UNKNOWN_OPTION} with the known ones, {@code BAD_OPTION} for a missing one, a wrong
     *     type, or whatever the record's constructor says is an illegal argument
     */
    public static <O extends Record> O bind(String where, Class<O> type, Map<String, JsonNode> given) {
        var known = options(type).map(RecordComponent::getName).toList();
        given.keySet().stream()
                .filter(name -> !known.contains(name))
                .sorted()
                .findFirst()
                .ifPresent(name -> {
                    throw new RefusedException("UNKNOWN_OPTION", where, name, NearestName.choices(name, known));
                });
        return bindKnown(where, type, given);
    }

    private static <O extends Record> O bindKnown(String where, Class<O> type, Map<String, JsonNode> given) {
        var values = Arrays.stream(type.getRecordComponents())
                .map(component -> group(component)
                        .<@Nullable Object>map(inner -> bindKnown(where, inner, given))
                        .orElseGet(() -> value(where, component, given.get(component.getName()))))
                .toArray();
        return construct(where, type, values);
    }

    /** The options of a record, those of a group in its place. */
    private static Stream<RecordComponent> options(Class<? extends Record> type) {
        return Arrays.stream(type.getRecordComponents())
                .flatMap(
                        component -> group(component).map(OptionBinder::options).orElseGet(() -> Stream.of(component)));
    }

    /** A component that is a record has options of its own, which techniques share; recipes do not see the difference. */
    private static Optional<Class<? extends Record>> group(RecordComponent component) {
        return component.getType().isRecord()
                ? Optional.of(component.getType().asSubclass(Record.class))
                : Optional.empty();
    }

    /** The options of a record class, for the catalogue. */
    public static List<TechniqueDescription.Option> describe(Class<? extends Record> type) {
        return options(type)
                .map(component -> {
                    var option = option(component);
                    return new TechniqueDescription.Option(
                            component.getName(),
                            OptionType.of(component.getGenericType()).name(),
                            defaultValue(option),
                            option.allowed(),
                            option.value());
                })
                .toList();
    }

    /**
     * Options as JSON, the way back: {@code bind(where, type, spelled(options)).equals(options)}. Absent values are left out.
     */
    public static Map<String, JsonNode> spelled(Record options) {
        var spelled = new LinkedHashMap<String, JsonNode>();
        for (var component : options.getClass().getRecordComponents()) {
            var value = read(component, options);
            if (value instanceof Record group) {
                spelled.putAll(spelled(group));
            } else if (value != null) {
                spelled.put(component.getName(), OptionType.json(value));
            }
        }
        return spelled;
    }

    private static @Nullable Object read(RecordComponent component, Record options) {
        try {
            var accessor = component.getAccessor();
            accessor.setAccessible(true);
            return accessor.invoke(options);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(component + " cannot be read", e);
        }
    }

    private static @Nullable Object value(String where, RecordComponent component, @Nullable JsonNode given) {
        var option = option(component);
        var type = OptionType.of(component.getGenericType());
        var node = given == null || given.isNull() ? defaultValue(option) : given;
        var place = where + ", option " + component.getName();
        if (node == null) {
            throw new RefusedException("BAD_OPTION", place, "nothing", "must be given: " + allowed(type, option));
        }
        if (node.isNull()) {
            return null;
        }
        if (!type.accepts().test(node)) {
            throw new RefusedException("BAD_OPTION", place, node.toString(), allowed(type, option));
        }
        return type.convert().apply(node);
    }

    private static <O extends Record> O construct(String where, Class<O> type, @Nullable Object[] values) {
        var components = type.getRecordComponents();
        try {
            var constructor = type.getDeclaredConstructor(
                    Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
            constructor.setAccessible(true);
            return constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof IllegalArgumentException illegal) {
                throw refusal(where, components, String.valueOf(illegal.getMessage()));
            }
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(type + " cannot be made", e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(type + " has no accessible canonical constructor", e);
        }
    }

    /** The option that the message names, if it names one, says what is allowed. */
    private static RefusedException refusal(String where, RecordComponent[] components, String message) {
        return Arrays.stream(components)
                .filter(component -> Pattern.compile("\\b" + component.getName() + "\\b")
                        .matcher(message)
                        .find())
                .findFirst()
                .map(component -> new RefusedException(
                        "BAD_OPTION",
                        where + ", option " + component.getName(),
                        message,
                        option(component).allowed()))
                .orElseGet(() -> new RefusedException("BAD_OPTION", where, message, ""));
    }

    private static String allowed(OptionType type, Option option) {
        return option.allowed().isEmpty() ? type.name() : type.name() + ", " + option.allowed();
    }

    private static Option option(RecordComponent component) {
        var option = component.getAnnotation(Option.class);
        if (option == null) {
            throw new IllegalStateException(
                    component.getDeclaringRecord() + " does not describe its component " + component.getName());
        }
        return option;
    }

    private static @Nullable JsonNode defaultValue(Option option) {
        try {
            return option.defaultValue().isEmpty() ? null : Json.mapper().readTree(option.defaultValue());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("the default of an option is no JSON: " + option.defaultValue(), e);
        }
    }
}
