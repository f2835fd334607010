package dev.millrace.gateway;

import dev.millrace.message.JobChanged;
import dev.millrace.message.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterOutputStream;

/** A job as the view keeps it: what lists show, and the whole snapshot deflated. */
final class JobEntry {
    /** Offset of a job that was accepted here, and whose snapshot has not come back yet. */
    static final long ACCEPTED = -1;

    private final JobSummary summary;
    private final long offset;
    private final byte[] deflated;

    private JobEntry(JobSummary summary, long offset, byte[] deflated) {
        this.summary = summary;
        this.offset = offset;
        this.deflated = deflated;
    }

    static JobEntry of(JobChanged job, long offset) {
        return new JobEntry(JobSummary.of(job), offset, deflate(Json.write(job)));
    }

    JobSummary summary() {
        return summary;
    }

    /** Position of the snapshot in its partition. */
    long offset() {
        return offset;
    }

    byte[] json() {
        var json = new ByteArrayOutputStream();
        var inflater = new Inflater();
        try (var out = new InflaterOutputStream(json, inflater)) {
            out.write(deflated);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            inflater.end();
        }
        return json.toByteArray();
    }

    JobChanged job() {
        return Json.read(json(), JobChanged.class);
    }

    private static byte[] deflate(byte[] json) {
        var deflated = new ByteArrayOutputStream();
        var deflater = new Deflater(Deflater.BEST_SPEED);
        try (var out = new DeflaterOutputStream(deflated, deflater)) {
            out.write(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            deflater.end();
        }
        return deflated.toByteArray();
    }
}
