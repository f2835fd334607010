package dev.millrace.message;

import com.fasterxml.jackson.databind.JsonNode;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.stream.Collectors;

/** Finds fields that a record does not have, for input that people write. */
final class KnownFields {
    private KnownFields() {}

    /**
     * Walks JSON and record side by side; values of the wrong kind are left to {@link Json#read}.
     *
     * @throws RefusedException with code {@code UNKNOWN_FIELD}, naming the field and the nearest known one
     */
    static void check(JsonNode value, Type type, String path) {
        if (type instanceof ParameterizedType generic) {
            var element = generic.getActualTypeArguments()[generic.getActualTypeArguments().length - 1];
            for (int i = 0; value.isArray() && i < value.size(); i++) {
                check(value.get(i), element, path + "[" + i + "]");
            }
            value.properties().forEach(entry -> check(entry.getValue(), element, join(path, entry.getKey())));
        } else if (type instanceof Class<?> record && record.isRecord()) {
            var components = Arrays.stream(record.getRecordComponents())
                    .collect(Collectors.toMap(RecordComponent::getName, RecordComponent::getGenericType));
            value.properties().forEach(entry -> {
                var name = entry.getKey();
                var component = components.get(name);
                if (component == null) {
                    throw new RefusedException(
                            "UNKNOWN_FIELD",
                            join(path, name),
                            "'" + name + "'",
                            NearestName.choices(name, components.keySet()));
                }
                check(entry.getValue(), component, join(path, name));
            });
        }
    }

    private static String join(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }
}
