package dev.millrace.message;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Events to Kafka records and back, as the CloudEvents 1.0 Kafka binding says. Writes binary content mode (attributes in
 * {@code ce_} headers, data as JSON in the value); reads binary and structured mode.
 *
 * <pre>{@code
 * var out = CloudEvents.encode(event);
 * var record = new ProducerRecord<>(Topics.REQUESTS, null, jobId, out.body());
 * out.headers().forEach(record.headers()::add);
 *
 * var event = CloudEvents.decode(name -> {
 *     var header = record.headers().lastHeader(name);
 *     return header == null ? null : header.value();
 * }, record.value());
 * }</pre>
 *
 * @see <a href="https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md">Kafka
 *     binding</a>
 */
public final class CloudEvents {
    public static final String ID = "ce_id";
    public static final String SOURCE = "ce_source";
    public static final String TYPE = "ce_type";
    public static final String SPEC_VERSION = "ce_specversion";
    public static final String TIME = "ce_time";
    public static final String SUBJECT = "ce_subject";
    public static final String DATA_SCHEMA = "ce_dataschema";
    public static final String CONTENT_TYPE = "content-type";
    public static final String TRACE_PARENT = "traceparent";
    public static final String TRACE_STATE = "tracestate";

    private static final String STRUCTURED = "application/cloudevents+json";

    private CloudEvents() {}

    /** Headers and value of a Kafka record; a carrier, not to be compared. The map keeps its order. */
    @SuppressWarnings("ArrayRecordComponent")
    public record Encoded(Map<String, byte[]> headers, byte[] body) {}

    /** The value of a Kafka header: the last one of that name, or null where there is none. */
    @FunctionalInterface
    public interface Headers {
        byte @Nullable [] last(String name);
    }

    /**
     * Writes an event in binary content mode.
     *
     * @throws IllegalArgumentException if the data is no event, or a required component is null: readers would refuse it
     */
    public static Encoded encode(CloudEvent event) {
        var headers = new LinkedHashMap<String, byte[]>();
        put(headers, SPEC_VERSION, "1.0");
        put(headers, ID, event.id());
        put(headers, SOURCE, event.source());
        put(headers, TYPE, event.type().type());
        put(headers, DATA_SCHEMA, event.type().dataSchema());
        put(headers, SUBJECT, event.subject());
        put(headers, TIME, event.time() == null ? null : event.time().toString());
        put(headers, CONTENT_TYPE, "application/json");
        put(headers, TRACE_PARENT, event.traceparent());
        put(headers, TRACE_STATE, event.tracestate());
        return new Encoded(headers, Json.write(event.data()));
    }

    /**
     * Reads an event in binary or structured content mode. Fields that the record does not have are ignored.
     *
     * @param body null for a tombstone, which is no event
     * @throws UnreadableEventException if this is no event of a type and major version that {@link EventType} knows, or
     *     its data lacks a required field
     */
    public static CloudEvent decode(Headers headers, byte @Nullable [] body) throws UnreadableEventException {
        try {
            if (body == null) {
                throw new RefusedException("NO_DATA", "record value", "nothing", "JSON");
            }
            var contentType = mediaType(string(headers, CONTENT_TYPE));
            return contentType.equals(STRUCTURED) ? structured(headers, body) : binary(headers, contentType, body);
        } catch (RefusedException refused) {
            throw new UnreadableEventException(refused.problem(), refused);
        }
    }

    /** Reads an event whose headers are a map. */
    public static CloudEvent decode(Map<String, byte[]> headers, byte @Nullable [] body)
            throws UnreadableEventException {
        return decode((Headers) headers::get, body);
    }

    private static CloudEvent binary(Headers headers, String contentType, byte[] body) {
        if (!contentType.isEmpty() && !isJson(contentType)) {
            throw new RefusedException(
                    "UNKNOWN_CONTENT_TYPE", CONTENT_TYPE, contentType, "application/json or " + STRUCTURED);
        }
        return event(name -> string(headers, "ce_" + name), headers, Json.tree(body));
    }

    private static CloudEvent structured(Headers headers, byte[] body) {
        var envelope = Json.tree(body);
        if (!envelope.isObject()) {
            throw new RefusedException("NOT_JSON", "record value", kind(envelope), "a JSON object");
        }
        var dataType = mediaType(text(envelope, "datacontenttype"));
        if (!dataType.isEmpty() && !isJson(dataType)) {
            throw new RefusedException("UNKNOWN_CONTENT_TYPE", "datacontenttype", dataType, "application/json");
        }
        return event(name -> text(envelope, name), headers, data(envelope));
    }

    private static JsonNode data(JsonNode envelope) {
        if (!envelope.hasNonNull("data_base64")) {
            return envelope.path("data");
        }
        try {
            return Json.tree(envelope.get("data_base64").binaryValue());
        } catch (IOException | IllegalArgumentException e) {
            throw new RefusedException("NOT_JSON", "data_base64", "text that is not Base64", "Base64 of JSON");
        }
    }

    private static CloudEvent event(Function<String, @Nullable String> attributes, Headers headers, JsonNode data) {
        var version = required(attributes, "specversion");
        if (!version.startsWith("1.")) {
            throw new RefusedException("UNKNOWN_VERSION", "specversion", version, "1.0");
        }
        var type = EventType.parse(required(attributes, "type"));
        return new CloudEvent(
                required(attributes, "id"),
                required(attributes, "source"),
                attributes.apply("subject"),
                time(attributes.apply("time")),
                trace(TRACE_PARENT, attributes, headers),
                trace(TRACE_STATE, attributes, headers),
                Json.read(data, type.record()));
    }

    private static @Nullable Instant time(@Nullable String text) {
        if (text == null) {
            return null;
        }
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeException e) {
            throw new RefusedException("BAD_ATTRIBUTE", "time", text, "RFC 3339, 2026-01-31T12:00:00Z");
        }
    }

    /** The plain W3C header, or the attribute of the CloudEvents distributed tracing extension. */
    private static @Nullable String trace(String name, Function<String, @Nullable String> attributes, Headers headers) {
        return Optional.ofNullable(string(headers, name)).orElseGet(() -> attributes.apply(name));
    }

    private static String required(Function<String, @Nullable String> attributes, String name) {
        var value = attributes.apply(name);
        if (value == null || value.isEmpty()) {
            throw new RefusedException("MISSING_ATTRIBUTE", "CloudEvents attribute " + name, "nothing", "a value");
        }
        return value;
    }

    private static @Nullable String text(JsonNode envelope, String name) {
        var value = envelope.path(name);
        return value.isMissingNode() || value.isNull() ? null : value.asText();
    }

    private static @Nullable String string(Headers headers, String name) {
        var value = headers.last(name);
        return value == null ? null : new String(value, StandardCharsets.UTF_8);
    }

    private static void put(Map<String, byte[]> headers, String name, @Nullable String value) {
        if (value != null) {
            headers.put(name, value.getBytes(StandardCharsets.UTF_8));
        }
    }

    /** The type without its parameters, lower case; empty where there is none. */
    private static String mediaType(@Nullable String contentType) {
        return contentType == null ? "" : contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    }

    private static boolean isJson(String mediaType) {
        return mediaType.equals("application/json")
                || (mediaType.endsWith("+json") && !mediaType.startsWith("application/cloudevents"));
    }

    private static String kind(JsonNode node) {
        return node.getNodeType().name().toLowerCase(Locale.ROOT);
    }
}
