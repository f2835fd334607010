package dev.millrace.pruning.sparsity;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

/** Bytes of a model on disk. */
final class FileSize {
    private FileSize() {}

    /** Model file and external data. */
    static long of(Path model, List<String> externalFiles) throws IOException {
        long bytes = Files.size(model);
        for (var file : externalFiles) {
            bytes += Files.size(model.resolveSibling(file));
        }
        return bytes;
    }

    /** Bytes of the file after deflate at its fastest level. */
    static long compressed(Path file) throws IOException {
        var deflater = new Deflater(Deflater.BEST_SPEED);
        try (var out = new DeflaterOutputStream(OutputStream.nullOutputStream(), deflater)) {
            Files.copy(file, out);
            out.finish();
            return deflater.getBytesWritten();
        } finally {
            deflater.end();
        }
    }
}
