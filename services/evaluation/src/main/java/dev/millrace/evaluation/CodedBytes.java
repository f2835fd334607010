package dev.millrace.evaluation;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

/** How many bytes general coders make of files, each file coded on its own; nothing is kept. */
public final class CodedBytes {
    private CodedBytes() {}

    /** By zstd at its default level. */
    public static long zstd(List<Path> files) throws IOException {
        return zstd(files, Zstd.defaultCompressionLevel());
    }

    /** @param level 1..22 */
    public static long zstd(List<Path> files, int level) throws IOException {
        return of(files, out -> new ZstdOutputStream(out, level));
    }

    /** By deflate at its best. */
    public static long deflate(List<Path> files) throws IOException {
        return of(files, out -> new DeflaterOutputStream(out, new Deflater(Deflater.BEST_COMPRESSION)));
    }

    /** Compresses whatever is written through it. */
    private interface Compressor {
        OutputStream on(OutputStream out) throws IOException;
    }

    private static long of(List<Path> files, Compressor compressor) throws IOException {
        var counter = new Counter();
        for (var file : files) {
            try (var out = compressor.on(counter)) {
                Files.copy(file, out);
            }
        }
        return counter.bytes;
    }

    private static final class Counter extends OutputStream {
        private long bytes;

        @Override
        public void write(int b) {
            bytes++;
        }

        @Override
        public void write(byte[] b, int offset, int length) {
            bytes += length;
        }
    }
}
