package dev.millrace.gateway;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.notNullValue;

import dev.millrace.message.ArtifactReference;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The gateway while Kafka cannot be reached: everything but submitting works, and submitting says so. */
@QuarkusTest
@TestProfile(GatewayIT.WithoutKafka.class)
class GatewayIT {
    private static final String BINARY = "application/octet-stream";
    private static final String REQUEST =
            "{\"model\":{\"uri\":\"file:/m.onnx\"},\"recipe\":[{\"stage\":\"pruning\",\"technique\":\"magnitude\"}]}";

    public static class WithoutKafka implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            try {
                return Map.of(
                        "kafka.bootstrap.servers", "127.0.0.1:1",
                        "quarkus.kafka.devservices.enabled", "false",
                        "quarkus.http.test-port", "0",
                        "millrace.gateway.publish-timeout", "200ms",
                        "millrace.data-dir",
                                Files.createTempDirectory("gateway").toString());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Test
    void returnsTheBytesThatWereUploaded() {
        byte[] bytes = randomBytes(3_000_000);
        var reference = upload(bytes);
        assertThat(reference.sizeBytes()).isEqualTo(3_000_000);

        var address = reference.uri().substring("millrace:sha256/".length());
        var answer =
                given().get("/v1/artifacts/" + address).then().statusCode(200).extract();
        assertThat(answer.asByteArray()).isEqualTo(bytes);
        assertThat(answer.header("ETag")).isEqualTo('"' + reference.sha256() + '"');
        given().header("If-None-Match", answer.header("ETag"))
                .get("/v1/artifacts/" + address)
                .then()
                .statusCode(304);
    }

    @Test
    void returnsRanges() {
        byte[] bytes = randomBytes(1000);
        var path = "/v1/artifacts/" + upload(bytes).sha256();
        var part = given().header("Range", "bytes=100-199").get(path).then();
        part.statusCode(206).header("Content-Range", "bytes 100-199/1000");
        assertThat(part.extract().asByteArray()).isEqualTo(Arrays.copyOfRange(bytes, 100, 200));
        given().header("Range", "bytes=1000-").get(path).then().statusCode(416).header("Content-Range", "bytes */1000");
        given().header("Range", "bytes=0-1")
                .header("If-Range", "\"other\"")
                .get(path)
                .then()
                .statusCode(200);
    }

    @Test
    void keepsExternalDataBesideItsModel() {
        byte[] model = randomBytes(100);
        byte[] weights = randomBytes(200);
        var reference = given().multiPart("model", "m.onnx", model)
                .multiPart("weights/w 1.bin", "w.bin", weights)
                .post("/v1/artifacts")
                .then()
                .statusCode(201)
                .extract()
                .as(ArtifactReference.class);
        assertThat(reference.external()).singleElement().satisfies(part -> {
            assertThat(part.name()).isEqualTo("weights/w 1.bin");
            assertThat(part.sizeBytes()).isEqualTo(200);
        });

        var path = "/v1/artifacts/" + reference.uri().substring("millrace:sha256/".length());
        var answer = given().get(path).then().statusCode(200).extract();
        assertThat(answer.asByteArray()).isEqualTo(model);
        assertThat(answer.header("Link")).startsWith("<" + path + "/weights/w%201.bin>; rel=\"related\"");
        assertThat(given().get(path + "/weights/w 1.bin").asByteArray()).isEqualTo(weights);
        given().get(path + "/weights/other.bin").then().statusCode(404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"../up.bin", "/etc/passwd", "a/../../b", "model.onnx"})
    void refusesNamesOfPartsThatLeaveTheModelsDirectory(String name) {
        given().multiPart("model", "m.onnx", new byte[1])
                .multiPart(name, "w.bin", new byte[1])
                .post("/v1/artifacts")
                .then()
                .statusCode(400)
                .contentType("application/problem+json")
                .body("found", equalTo("'" + name + "'"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/artifacts/0", "/v1/artifacts/..%2f..%2fetc", "/v1/jobs/..%2fx", "/v1/jobs/a%00b"})
    void refusesAddressesThatAreNone(String path) {
        given().urlEncodingEnabled(false).get(path).then().statusCode(400).contentType("application/problem+json");
    }

    @Test
    void doesNotKnowWhatIsNotThere() {
        given().get("/v1/artifacts/" + "0".repeat(64)).then().statusCode(404).body("code", equalTo("NOT_FOUND"));
        for (String path : new String[] {"/v1/jobs/none", "/v1/jobs/none/events", "/v1/jobs/none/model"}) {
            given().get(path).then().statusCode(404).contentType("application/problem+json");
        }
        given().delete("/v1/jobs/none").then().statusCode(404).body("code", equalTo("UNKNOWN_JOB"));
        given().get("/v1/techniques/pruning").then().statusCode(404).body("code", equalTo("UNKNOWN_STAGE"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', textBlock = """
            {"model": ~ 400 ~ NOT_JSON
            {} ~ 400 ~ MISSING_FIELD
            {"model":{"uri":"file:/m.onnx"},"seed":"x"} ~ 400 ~ BAD_FIELD
            {"model":{"uri":"file:/m.onnx"}} ~ 422 ~ EMPTY_RECIPE
            {"model":{"uri":"file:/m.onnx"},"auto":{"trials":0}} ~ 422 ~ BAD_BUDGET
            {"model":{"uri":"http://x/m.onnx"},"recipe":[{"stage":"pruning","technique":"m"}]} ~ 422 ~ BAD_REFERENCE
            """)
    void saysWhatIsWrongWithARequest(String body, int status, String code) {
        given().contentType("application/json")
                .body(body)
                .post("/v1/jobs")
                .then()
                .statusCode(status)
                .contentType("application/problem+json")
                .body("code", equalTo(code))
                .body("where", notNullValue())
                .body("found", notNullValue())
                .body("allowed", notNullValue());
    }

    @Test
    void refusesARequestThatIsTooLarge() {
        given().contentType("application/json")
                .body(REQUEST + " ".repeat(200_000))
                .post("/v1/jobs")
                .then()
                .statusCode(413)
                .body("code", equalTo("REQUEST_TOO_LARGE"));
    }

    @Test
    void doesNotAcceptWhatKafkaHasNotAcknowledged() {
        given().contentType("application/json")
                .header("Idempotency-Key", "lost")
                .body(REQUEST)
                .post("/v1/jobs")
                .then()
                .statusCode(503)
                .header("Retry-After", "1")
                .body("code", equalTo("UNAVAILABLE"));
        given().get("/v1/jobs/lost").then().statusCode(404);
    }

    @Test
    void refusesListsThatAreTooLongAndUnknownStates() {
        given().get("/v1/jobs?limit=501").then().statusCode(400).body("where", equalTo("limit"));
        given().get("/v1/jobs?state=runing")
                .then()
                .statusCode(400)
                .body("allowed", containsString("did you mean 'running'?"));
        given().get("/v1/jobs").then().statusCode(200).body("jobs.size()", equalTo(0));
    }

    @Test
    void describesItselfAndSaysThatItIsNotReady() {
        given().get("/q/openapi?format=json")
                .then()
                .statusCode(200)
                .body("info.title", equalTo("Millrace"))
                .body("paths.'/v1/jobs'.post.summary", equalTo("Asks for a compression"));
        given().get("/q/health/ready").then().statusCode(503).body("checks.name", hasItem("gateway"));
        given().get("/q/metrics").then().statusCode(200).body(containsString("millrace_gateway_watches"));
    }

    private static ArtifactReference upload(byte[] bytes) {
        return given().contentType(BINARY)
                .body(bytes)
                .post("/v1/artifacts")
                .then()
                .statusCode(201)
                .header("Location", containsString("/v1/artifacts/"))
                .extract()
                .as(ArtifactReference.class);
    }

    private static byte[] randomBytes(int count) {
        byte[] bytes = new byte[count];
        new Random(count).nextBytes(bytes);
        return bytes;
    }
}
