package dev.millrace.message;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a record demands of its JSON. A field may be left out if its component is {@link Nullable}, a list, a map, or has a
 * {@link JsonProperty#defaultValue()}; any other must be there, at every depth.
 */
final class RequiredFields {
    private static final ClassValue<List<Field>> FIELDS = new ClassValue<>() {
        @Override
        protected List<Field> computeValue(Class<?> record) {
            return Arrays.stream(record.getRecordComponents()).map(Field::of).toList();
        }
    };

    private RequiredFields() {}

    /** A component as far as it matters here; reflection would find it anew for every value. */
    private record Field(String name, Class<?> type, Type genericType, boolean mayBeAbsent) {
        static Field of(RecordComponent component) {
            return new Field(
                    component.getName(),
                    component.getType(),
                    component.getGenericType(),
                    RequiredFields.mayBeAbsent(component));
        }
    }

    /**
     * Walks JSON and record side by side.
     *
     * @param path of the value, empty for the whole document
     * @throws RefusedException naming the first field that is missing or null
     */
    static void check(JsonNode value, Type type, String path) {
        if (type instanceof ParameterizedType generic) {
            checkElements(value, generic, path);
        } else if (type instanceof Class<?> record && record.isRecord()) {
            if (!value.isObject()) {
                throw new RefusedException("BAD_FIELD", path.isEmpty() ? "JSON" : path, kind(value), "an object");
            }
            for (var field : FIELDS.get(record)) {
                checkField(value.path(field.name()), field, path);
            }
        }
    }

    static boolean mayBeAbsent(RecordComponent component) {
        var property = component.getAccessor().getAnnotation(JsonProperty.class);
        return component.getAnnotatedType().isAnnotationPresent(Nullable.class)
                || Collection.class.isAssignableFrom(component.getType())
                || Map.class.isAssignableFrom(component.getType())
                || (property != null && !property.defaultValue().isEmpty());
    }

    private static void checkField(JsonNode value, Field field, String path) {
        if (!value.isMissingNode() && !value.isNull()) {
            check(value, field.genericType(), join(path, field.name()));
        } else if (!field.mayBeAbsent()) {
            throw new RefusedException("MISSING_FIELD", join(path, field.name()), "nothing", wanted(field.type()));
        }
    }

    private static void checkElements(JsonNode value, ParameterizedType type, String path) {
        var arguments = type.getActualTypeArguments();
        var element = arguments[arguments.length - 1];
        if (element.equals(JsonNode.class)) {
            return; // any JSON, null included
        }
        if (value.isArray()) {
            for (int i = 0; i < value.size(); i++) {
                checkElement(value.get(i), element, path + "[" + i + "]");
            }
        } else {
            value.properties().forEach(e -> checkElement(e.getValue(), element, join(path, e.getKey())));
        }
    }

    private static void checkElement(JsonNode value, Type type, String path) {
        if (value.isNull()) {
            throw new RefusedException(
                    "MISSING_FIELD", path, "null", type instanceof Class<?> c ? wanted(c) : "a value");
        }
        check(value, type, path);
    }

    private static String wanted(Class<?> type) {
        if (type.isRecord()) {
            return "an object";
        }
        return type == String.class
                ? "a string"
                : "a value of type " + type.getSimpleName().toLowerCase(Locale.ROOT);
    }

    private static String kind(JsonNode value) {
        return value.isMissingNode() ? "nothing" : value.getNodeType().name().toLowerCase(Locale.ROOT);
    }

    private static String join(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }
}
