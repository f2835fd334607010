package dev.millrace.standalone.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.ArtifactReference;
import dev.millrace.message.Catalogue;
import dev.millrace.message.CompressionRequested;
import dev.millrace.message.JobChanged;
import dev.millrace.message.Json;
import dev.millrace.message.Problem;
import dev.millrace.message.RefusedException;
import dev.millrace.message.StageRegistered;
import dev.millrace.message.TaskProgressed;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

/** The HTTP interface of a server, as the command line uses it. */
final class Gateway {
    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(10);
    private static final Duration RETRY_PAUSE = Duration.ofMillis(500);
    private static final int MOST_RETRIES = 20;

    private final URI address;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT_LIMIT)
            .build();

    Gateway(URI address) {
        this.address = address;
    }

    /** Who wants to know what happens to a job. */
    interface Watcher {
        void changed(JobChanged job);

        void progressed(TaskProgressed progress);
    }

    /** Asks for a compression; returns the job's id once it is accepted. */
    String submit(CompressionRequested request) throws IOException, InterruptedException {
        String jobId = UUID.randomUUID().toString();
        var post = request("/v1/jobs")
                .header("Idempotency-Key", jobId)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofByteArray(Json.write(request)));
        for (int attempt = 0; ; attempt++) {
            var response = send(post.build(), BodyHandlers.ofByteArray());
            if (response.statusCode() == 503 && attempt < MOST_RETRIES) { // Kafka did not answer; the key makes it safe
                Thread.sleep(RETRY_PAUSE.toMillis());
                continue;
            }
            accepted(response);
            return jobId;
        }
    }

    /** The job as it stands now. */
    JobChanged job(String jobId) throws IOException, InterruptedException {
        return Json.read(get("/v1/jobs/" + jobId), JobChanged.class);
    }

    boolean knows(String jobId) throws IOException, InterruptedException {
        return send(request("/v1/jobs/" + jobId).build(), BodyHandlers.discarding())
                        .statusCode()
                == 200;
    }

    /** The newest jobs, as the gateway lists them. */
    JsonNode jobs() throws IOException, InterruptedException {
        return Json.tree(get("/v1/jobs"));
    }

    /** Tells the watcher what happens until the job has ended; connects again when the connection breaks. */
    JobChanged watch(String jobId, Watcher watcher) throws IOException, InterruptedException {
        String lastId = null;
        for (int attempt = 0; ; attempt++) {
            var get = request("/v1/jobs/" + jobId + "/events").header("Accept", "text/event-stream");
            if (lastId != null) {
                get.header("Last-Event-ID", lastId);
            }
            try {
                var response = send(get.build(), BodyHandlers.ofLines());
                if (response.statusCode() != 200) {
                    return job(jobId); // says what is wrong
                }
                try (Stream<String> lines = response.body()) {
                    var events = new EventStream(lines.iterator());
                    for (var event = events.next(); event != null; event = events.next()) {
                        attempt = 0;
                        lastId = event.id();
                        if (event.name().equals("progress")) {
                            watcher.progressed(Json.read(event.data(), TaskProgressed.class));
                        } else if (event.name().equals("job")) {
                            var job = Json.read(event.data(), JobChanged.class);
                            watcher.changed(job);
                            if (job.state().terminal()) {
                                return job;
                            }
                        }
                    }
                }
            } catch (IOException e) {
                if (attempt >= MOST_RETRIES) {
                    throw e;
                }
            } catch (UncheckedIOException e) { // from the lines of a broken connection
                if (attempt >= MOST_RETRIES) {
                    throw e.getCause();
                }
            }
            Thread.sleep(RETRY_PAUSE.toMillis());
        }
    }

    /** Asks to stop a job. */
    void cancel(String jobId, String reason) throws IOException, InterruptedException {
        String query = "?reason=" + URLEncoder.encode(reason, StandardCharsets.UTF_8);
        var response = send(request("/v1/jobs/" + jobId + query).DELETE().build(), BodyHandlers.ofByteArray());
        accepted(response);
    }

    /** What the server's workers can do. */
    Catalogue catalogue() throws IOException, InterruptedException {
        Map<String, StageRegistered> stages = new HashMap<>();
        for (JsonNode stage : Json.tree(get("/v1/techniques"))) {
            var registered = Json.read(stage, StageRegistered.class);
            stages.put(registered.stage(), registered);
        }
        return new Catalogue(stages);
    }

    /**
     * Stores a file, and the files that it refers to as external data.
     *
     * @param external names relative to the file's directory
     */
    ArtifactReference upload(Path file, List<String> external) throws IOException, InterruptedException {
        var post = request("/v1/artifacts");
        if (external.isEmpty()) {
            post.header("Content-Type", "application/octet-stream").POST(BodyPublishers.ofFile(file));
        } else {
            var form = new Multipart();
            form.add("model", file);
            for (String name : external) {
                form.add(name, file.resolveSibling(name));
            }
            post.header("Content-Type", form.contentType()).POST(form.body());
        }
        return Json.read(accepted(send(post.build(), BodyHandlers.ofByteArray())), ArtifactReference.class);
    }

    /**
     * Stores a data file and returns its address.
     *
     * @throws RefusedException if it is a directory, which cannot be sent
     */
    String address(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new RefusedException(
                    "DIRECTORY",
                    file.toString(),
                    "a directory",
                    "a file, which can be sent, or a file: address of a directory that the server may read");
        }
        try {
            return upload(file, List.of()).uri();
        } catch (InterruptedException e) {
            throw new IOException("Interrupted while sending " + file, e);
        }
    }

    /** Writes an artifact, and its external data beside it. */
    void download(ArtifactReference reference, Path file) throws IOException, InterruptedException {
        String path = "/v1/artifacts/" + reference.uri().substring("millrace:sha256/".length());
        download(path, file);
        for (var part : reference.external()) {
            Path target = file.resolveSibling(part.name());
            Files.createDirectories(target.resolveSibling("."));
            download(path + "/" + part.name(), target);
        }
    }

    private void download(String path, Path file) throws IOException, InterruptedException {
        var response = send(request(path).build(), BodyHandlers.ofInputStream());
        try (InputStream body = response.body()) {
            if (response.statusCode() != 200) {
                throw problem(response.statusCode(), body.readAllBytes());
            }
            Files.copy(body, file, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private byte[] get(String path) throws IOException, InterruptedException {
        return accepted(send(request(path).build(), BodyHandlers.ofByteArray()));
    }

    private <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> body)
            throws IOException, InterruptedException {
        try {
            return http.send(request, body);
        } catch (ConnectException e) {
            throw new IOException("no server answers at " + address + "; start one with 'millrace serve'", e);
        }
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(address.resolve(path));
    }

    private static byte[] accepted(HttpResponse<byte[]> response) throws IOException {
        if (response.statusCode() / 100 != 2) {
            throw problem(response.statusCode(), response.body());
        }
        return response.body();
    }

    /** What the server says is wrong; its own trouble is an {@link IOException}, the request's a refusal. */
    private static IOException problem(int status, byte[] body) {
        try {
            Problem problem = Json.mapper().readValue(body, Problem.class);
            if (status / 100 == 4 && problem.code() != null) {
                throw new RefusedException(problem);
            }
            return new IOException("The server answers " + status + ": " + problem.message());
        } catch (JsonProcessingException e) {
            return new IOException("The server answers " + status + ": " + new String(body, StandardCharsets.UTF_8), e);
        } catch (IOException e) {
            return e;
        }
    }
}
