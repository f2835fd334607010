package dev.millrace.standalone.cli;

import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.ArtifactReference;
import dev.millrace.message.CompressionCancelled;
import dev.millrace.message.CompressionCompleted;
import dev.millrace.message.CompressionFailed;
import dev.millrace.message.CompressionRefused;
import dev.millrace.message.JobChanged;
import dev.millrace.message.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/** What a job leaves in the output directory: {@code model.onnx}, external data beside it, and {@code report.json}. */
final class ResultFiles {
    static final String MODEL = "model.onnx";
    static final String REPORT = "report.json";

    private ResultFiles() {}

    /** Brings the bytes of an artifact to a file, external data beside it. */
    @FunctionalInterface
    interface Fetch {
        void fetch(ArtifactReference reference, Path file) throws IOException, InterruptedException;
    }

    static void write(JobChanged job, Path directory, Fetch fetch) throws IOException, InterruptedException {
        if (job.best() != null) {
            fetch.fetch(job.best(), directory.resolve(MODEL));
        }
        Files.writeString(directory.resolve(REPORT), json(job) + "\n", StandardCharsets.UTF_8);
    }

    /** The data of the event that ended the job, indented. */
    static String json(JobChanged job) throws IOException {
        JsonNode event = Json.tree(Json.write(event(job)));
        return Json.mapper().writer(new DefaultPrettyPrinter()).writeValueAsString(event);
    }

    /** The event that ended the job, as its last snapshot tells it. */
    static Record event(JobChanged job) {
        String name = job.request().name();
        return switch (job.state()) {
            case COMPLETED ->
                new CompressionCompleted(
                        job.jobId(),
                        name,
                        Objects.requireNonNull(job.best(), "best"),
                        Objects.requireNonNull(job.evaluation(), "evaluation"),
                        job.lineage(),
                        Boolean.TRUE.equals(job.objectiveMet()),
                        job.notes(),
                        Duration.between(job.createdAt(), job.changedAt()).toMillis(),
                        job.search() == null ? List.of() : job.search().frontTrials(),
                        job.search() == null ? List.of() : job.search().trials());
            case FAILED ->
                new CompressionFailed(
                        job.jobId(),
                        name,
                        Objects.requireNonNull(job.problem(), "problem"),
                        job.best(),
                        job.lineage(),
                        job.logTail());
            case REFUSED -> new CompressionRefused(job.jobId(), name, Objects.requireNonNull(job.problem(), "problem"));
            case CANCELLED -> new CompressionCancelled(job.jobId(), null);
            case RUNNING -> throw new IllegalArgumentException("job " + job.jobId() + " has not ended");
        };
    }
}
