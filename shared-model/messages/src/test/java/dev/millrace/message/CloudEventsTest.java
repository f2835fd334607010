package dev.millrace.message;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CloudEventsTest {
    private static final Instant NOON = Instant.parse("2026-01-31T12:00:00Z");
    private static final String REQUEST_JSON = """
            {"model":{"uri":"file:/models/a.onnx"},"recipe":[{"stage":"quantization","technique":"static"}]}""";

    private final CompressionRequested request = new CompressionRequested(
            ArtifactReference.of("file:/models/a.onnx"),
            Map.of(),
            List.of(new StageStep("quantization", "static", Map.of())),
            null,
            null,
            7,
            null,
            null);

    private final CloudEvent event = CloudEvent.of("e1", "/tests", "job-1", NOON, request)
            .inTrace("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "vendor=1");

    @Test
    void readsWhatItWrote() throws UnreadableEventException {
        var encoded = CloudEvents.encode(event);

        assertThat(CloudEvents.decode(encoded.headers(), encoded.body())).isEqualTo(event);
    }

    @Test
    void writesTheHeadersOfTheKafkaBinding() {
        var headers = new HashMap<String, String>();
        CloudEvents.encode(event).headers().forEach((name, value) -> headers.put(name, new String(value, UTF_8)));

        assertThat(headers)
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        "ce_specversion", "1.0",
                        "ce_id", "e1",
                        "ce_source", "/tests",
                        "ce_type", "dev.millrace.compression.requested.v1",
                        "ce_subject", "job-1",
                        "ce_time", "2026-01-31T12:00:00Z",
                        "ce_dataschema", "https://millrace.dev/schemas/compression.requested.v1.json",
                        "content-type", "application/json",
                        "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                        "tracestate", "vendor=1"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/cloudevents+json", "Application/CloudEvents+JSON; charset=utf-8"})
    void readsStructuredMode(String contentType) throws UnreadableEventException {
        var read =
                CloudEvents.decode(Map.of("content-type", bytes(contentType)), structured("\"data\":" + REQUEST_JSON));

        assertThat(read.id()).isEqualTo("s1");
        assertThat(read.time()).isEqualTo(Instant.parse("2026-01-31T10:00:00Z"));
        assertThat(read.traceparent()).isEqualTo("00-aa-bb-01");
        assertThat(read.data()).isInstanceOf(CompressionRequested.class);
    }

    @Test
    void readsBase64DataOfStructuredMode() throws UnreadableEventException {
        var base64 = java.util.Base64.getEncoder().encodeToString(bytes(REQUEST_JSON));

        var read = CloudEvents.decode(
                Map.of("content-type", bytes("application/cloudevents+json")),
                structured("\"data_base64\":\"" + base64 + "\""));

        assertThat(read.data()).isInstanceOf(CompressionRequested.class);
    }

    @Test
    void ignoresUnknownFieldsAndHeaders() {
        var headers = headers();
        headers.put("ce_colour", bytes("blue"));

        assertThatNoException()
                .isThrownBy(() ->
                        CloudEvents.decode(headers, bytes(REQUEST_JSON.replace("{\"uri\"", "{\"x\":[],\"uri\""))));
    }

    @Test
    void aSubscriberMayLeaveOutSeedListsAndTime() throws UnreadableEventException {
        var headers = headers();
        headers.remove("ce_time");

        var read = CloudEvents.decode(headers, bytes(REQUEST_JSON));

        assertThat(read.time()).isNull();
        assertThat(read.data()).isInstanceOfSatisfying(CompressionRequested.class, r -> {
            assertThat(r.seed()).isZero();
            assertThat(r.data()).isEmpty();
        });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ce_type        |                                      | MISSING_ATTRIBUTE    | CloudEvents attribute type",
                "ce_id          |                                      | MISSING_ATTRIBUTE    | CloudEvents attribute id",
                "ce_source      |                                      | MISSING_ATTRIBUTE    | CloudEvents attribute source",
                "ce_specversion |                                      | MISSING_ATTRIBUTE    | CloudEvents attribute specversion",
                "ce_specversion | 2.0                                  | UNKNOWN_VERSION      | specversion",
                "ce_type        | dev.millrace.compression.requested.v2| UNKNOWN_VERSION      | CloudEvents attribute type",
                "ce_type        | com.example.order.placed.v1          | UNKNOWN_TYPE         | CloudEvents attribute type",
                "ce_time        | yesterday                            | BAD_ATTRIBUTE        | time",
                "content-type   | text/plain                           | UNKNOWN_CONTENT_TYPE | content-type",
                "content-type   | application/cloudevents-batch+json   | UNKNOWN_CONTENT_TYPE | content-type",
            })
    void refusesBadHeadersByName(String header, @Nullable String value, String code, String where) {
        var headers = headers();
        if (value == null) {
            headers.remove(header);
        } else {
            headers.put(header, bytes(value));
        }

        assertThat(refusal(headers, REQUEST_JSON))
                .extracting(Problem::code, Problem::where)
                .containsExactly(code, where);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{                                                     | NOT_JSON      | JSON line 1 column 2",
                "hello                                                 | NOT_JSON      | JSON line 1 column 1",
                "{} {}                                                 | NOT_JSON      | JSON line 1 column 4",
                "{\"a\":1,\"a\":2}                                     | NOT_JSON      | JSON line 1 column 11",
                "[]                                                    | BAD_FIELD     | JSON",
                "null                                                  | BAD_FIELD     | JSON",
                "{}                                                    | MISSING_FIELD | model",
                "{\"model\":null}                                      | MISSING_FIELD | model",
                "{\"model\":\"a.onnx\"}                                | BAD_FIELD     | model",
                "{\"model\":{}}                                        | MISSING_FIELD | model.uri",
                "{\"model\":{\"uri\":5}}                               | BAD_FIELD     | model.uri",
                "{\"model\":{\"uri\":\"a\"},\"recipe\":[null]}         | MISSING_FIELD | recipe[0]",
                "{\"model\":{\"uri\":\"a\"},\"recipe\":[{}]}           | MISSING_FIELD | recipe[0].stage",
                "{\"model\":{\"uri\":\"a\"},\"recipe\":{\"a\":1}}      | BAD_FIELD     | recipe.a",
                "{\"model\":{\"uri\":\"a\"},\"data\":{\"x\":{}}}       | MISSING_FIELD | data.x.uri",
                "{\"model\":{\"uri\":\"a\"},\"seed\":1.5}              | BAD_FIELD     | seed",
                "{\"model\":{\"uri\":\"a\"},\"seed\":\"1\"}            | BAD_FIELD     | seed",
                "{\"model\":{\"uri\":\"a\"},\"objective\":{\"minimise\":\"cost\"}} | BAD_FIELD | objective.minimise",
                "{\"model\":{\"uri\":\"a\"},\"objective\":{\"minimise\":0}}        | BAD_FIELD | objective.minimise",
            })
    void refusesBadDataByName(String json, String code, String where) {
        assertThat(refusal(headers(), json))
                .extracting(Problem::code, Problem::where)
                .containsExactly(code, where);
    }

    @Test
    void anIntegerIsANumber() throws UnreadableEventException {
        var read = CloudEvents.decode(headers(), bytes("{\"model\":{\"uri\":\"a\"},\"objective\":{\"maxDrop\":0}}"));

        assertThat(read.data())
                .isInstanceOfSatisfying(
                        CompressionRequested.class,
                        r -> assertThat(r.objective()).isEqualTo(new Objective(null, 0.0, null)));
    }

    @Test
    void aTombstoneIsNoEvent() {
        var thrown = catchThrowableOfType(
                UnreadableEventException.class, () -> CloudEvents.decode(headers(), (byte @Nullable []) null));

        assertThat(thrown.problem().code()).isEqualTo("NO_DATA");
    }

    @Test
    void deadLetterHeadersSayWhyAndStayShort() {
        var headers = headers();
        headers.put("ce_type", bytes("x".repeat(100_000)));
        var thrown = catchThrowableOfType(
                UnreadableEventException.class, () -> CloudEvents.decode(headers, bytes(REQUEST_JSON)));

        var letter = thrown.deadLetterHeaders("millrace.requests", 3, 42);

        assertThat(letter)
                .containsEntry("dead-letter-code", bytes("UNKNOWN_TYPE"))
                .containsEntry("dead-letter-topic", bytes("millrace.requests"))
                .containsEntry("dead-letter-partition", bytes("3"))
                .containsEntry("dead-letter-offset", bytes("42"));
        assertThat(letter.values()).allSatisfy(value -> assertThat(value.length).isLessThan(1_100));
    }

    @Test
    void neverWritesWhatReadersWouldRefuse() {
        @SuppressWarnings("NullAway") // what a careless caller does
        var nameless = new TaskCancelled(null, "job-1/0");

        assertThatIllegalArgumentException()
                .isThrownBy(() -> CloudEvents.encode(CloudEvent.of("e", "/tests", "job-1", NOON, nameless)))
                .withMessageContaining("jobId");
    }

    private static Problem refusal(Map<String, byte[]> headers, String json) {
        return catchThrowableOfType(UnreadableEventException.class, () -> CloudEvents.decode(headers, bytes(json)))
                .problem();
    }

    private Map<String, byte[]> headers() {
        return new HashMap<>(CloudEvents.encode(event).headers());
    }

    private static byte[] structured(String data) {
        return bytes("""
                {"specversion":"1.0","id":"s1","source":"/curl","type":"dev.millrace.compression.requested.v1",
                 "subject":"job-1","time":"2026-01-31T12:00:00+02:00","traceparent":"00-aa-bb-01","extension":true,
                 "datacontenttype":"application/json",%s}""".formatted(data));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
