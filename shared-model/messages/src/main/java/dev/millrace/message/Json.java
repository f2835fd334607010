package dev.millrace.message;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;

/**
 * The one JSON mapper of the wire format: unknown fields are ignored, absent values left out, keys sorted, and no value is
 * turned into one of another type.
 */
public final class Json {
    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .addModule(new JavaTimeModule())
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .disable(MapperFeature.AUTO_DETECT_IS_GETTERS)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .withCoercionConfig(
                    LogicalType.Textual,
                    c -> c.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
            .defaultPropertyInclusion(
                    JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.ALWAYS))
            .build();

    private Json() {}

    /** Shared and thread-safe; do not reconfigure. */
    public static ObjectMapper mapper() {
        return MAPPER;
    }

    /**
     * Writes a record of this package.
     *
     * @throws IllegalArgumentException if a required component is null
     */
    public static byte[] write(Record record) {
        try {
            var tree = MAPPER.valueToTree(record);
            RequiredFields.check(tree, record.getClass(), "");
            return MAPPER.writeValueAsBytes(tree);
        } catch (JsonProcessingException | RefusedException e) {
            throw new IllegalArgumentException(record.getClass().getSimpleName() + ": " + e.getMessage(), e);
        }
    }

    /**
     * Parses one JSON document.
     *
     * @throws RefusedException with code {@code NOT_JSON} if it is none
     */
    public static JsonNode tree(byte[] json) {
        try {
            return MAPPER.readTree(json);
        } catch (JsonProcessingException e) {
            var at = e.getLocation();
            var where = at == null ? "JSON" : "JSON line " + at.getLineNr() + " column " + at.getColumnNr();
            throw new RefusedException("NOT_JSON", where, e.getOriginalMessage(), "one JSON document in UTF-8");
        } catch (IOException e) {
            throw new RefusedException("NOT_JSON", "JSON", String.valueOf(e.getMessage()), "UTF-8");
        }
    }

    /**
     * Reads a record of this package. Unknown fields are ignored; an absent list or map is empty.
     *
     * @throws RefusedException with code {@code MISSING_FIELD} or {@code BAD_FIELD}, naming the field
     */
    public static <T extends Record> T read(JsonNode tree, Class<T> type) {
        RequiredFields.check(tree, type, "");
        try {
            return MAPPER.treeToValue(tree, type);
        } catch (JsonMappingException e) {
            throw new RefusedException("BAD_FIELD", path(e), e.getOriginalMessage(), "see the JSON Schema");
        } catch (JsonProcessingException e) {
            throw new RefusedException("NOT_JSON", type.getSimpleName(), e.getOriginalMessage(), "JSON");
        }
    }

    /** Parses and reads a record of this package. */
    public static <T extends Record> T read(byte[] json, Class<T> type) {
        return read(tree(json), type);
    }

    private static String path(JsonMappingException e) {
        var path = new StringBuilder();
        for (var reference : e.getPath()) {
            if (reference.getFieldName() == null) {
                path.append('[').append(reference.getIndex()).append(']');
            } else {
                path.append(path.isEmpty() ? "" : ".").append(reference.getFieldName());
            }
        }
        return path.toString();
    }
}
