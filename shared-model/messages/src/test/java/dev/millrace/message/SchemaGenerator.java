package dev.millrace.message;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;

/** JSON Schema (draft 2020-12) of a record: its components, with the words of its Javadoc. */
final class SchemaGenerator {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final Map<Class<?>, String[]> SCALARS = Map.of(
            String.class, new String[] {"string"},
            Instant.class, new String[] {"string", "date-time"},
            boolean.class, new String[] {"boolean"},
            Boolean.class, new String[] {"boolean"},
            int.class, new String[] {"integer", "int32"},
            Integer.class, new String[] {"integer", "int32"},
            long.class, new String[] {"integer", "int64"},
            Long.class, new String[] {"integer", "int64"},
            double.class, new String[] {"number", "double"},
            Double.class, new String[] {"number", "double"});

    private final RecordDocs docs;
    private final boolean closed;
    private final Map<String, ObjectNode> definitions = new TreeMap<>();

    /** @param closed whether unknown fields are refused */
    SchemaGenerator(RecordDocs docs, boolean closed) {
        this.docs = docs;
        this.closed = closed;
    }

    ObjectNode of(Class<? extends Record> type, String id) {
        definitions.clear();
        var schema = JSON.objectNode();
        schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.put("$id", id);
        schema.put("title", type.getSimpleName());
        schema.setAll(object(type));
        if (!definitions.isEmpty()) {
            schema.putObject("$defs").setAll(definitions);
        }
        return schema;
    }

    private ObjectNode object(Class<?> type) {
        var schema = JSON.objectNode();
        docs.of(type).ifPresent(text -> schema.put("description", text));
        schema.put("type", "object");
        var properties = schema.putObject("properties");
        var required = JSON.arrayNode();
        for (var component : type.getRecordComponents()) {
            properties.set(component.getName(), property(type, component));
            if (!RequiredFields.mayBeAbsent(component)) {
                required.add(component.getName());
            }
        }
        if (!required.isEmpty()) {
            schema.set("required", required);
        }
        if (closed) {
            schema.put("additionalProperties", false);
        }
        return schema;
    }

    private ObjectNode property(Class<?> owner, RecordComponent component) {
        var schema = value(component.getGenericType());
        docs.of(owner, component.getName()).ifPresent(text -> schema.put("description", text));
        var property = component.getAccessor().getAnnotation(JsonProperty.class);
        if (property != null && !property.defaultValue().isEmpty()) {
            schema.set("default", parse(property.defaultValue()));
        }
        return schema;
    }

    private ObjectNode value(Type type) {
        var schema = JSON.objectNode();
        if (type instanceof ParameterizedType generic) {
            var arguments = generic.getActualTypeArguments();
            boolean list = Collection.class.isAssignableFrom((Class<?>) generic.getRawType());
            schema.put("type", list ? "array" : "object");
            schema.set(list ? "items" : "additionalProperties", value(arguments[arguments.length - 1]));
        } else if (type instanceof Class<?> scalar && SCALARS.containsKey(scalar)) {
            var words = SCALARS.get(scalar);
            schema.put("type", words[0]);
            if (words.length > 1) {
                schema.put("format", words[1]);
            }
        } else if (type instanceof Class<?> named && (named.isRecord() || named.isEnum())) {
            schema.put("$ref", "#/$defs/" + define(named));
        } else if (!type.equals(JsonNode.class)) {
            throw new IllegalArgumentException("no schema for " + type);
        }
        return schema;
    }

    private String define(Class<?> type) {
        var name = type.getSimpleName();
        if (!definitions.containsKey(name)) {
            var definition = JSON.objectNode();
            definitions.put(name, definition);
            definition.setAll(type.isEnum() ? words(type) : object(type));
        }
        return name;
    }

    private ObjectNode words(Class<?> type) {
        var schema = JSON.objectNode();
        docs.of(type).ifPresent(text -> schema.put("description", text));
        var words = schema.putArray("enum");
        for (var constant : type.getEnumConstants()) {
            words.add(Json.mapper().<JsonNode>valueToTree(constant));
        }
        return schema;
    }

    private static JsonNode parse(String json) {
        try {
            return Json.mapper().readTree(json);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("default value " + json, e);
        }
    }
}
