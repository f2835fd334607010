package dev.millrace.it.benchmark;

import dev.millrace.evaluation.CodedBytes;
import dev.millrace.onnx.Model;
import dev.millrace.pack.Coding;
import dev.millrace.pack.Packer;
import dev.millrace.pack.Unpacker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Packs models and prints their bytes beside those of general coders; checks that they come back byte by byte.
 *
 * <pre>{@code
 * CodingBenchmark model.onnx other.onnx
 * }</pre>
 *
 * <p>Bytes are those of the file and its external data; MB/s those of the unpacked bytes, one thread.
 */
public final class CodingBenchmark {
    private static final int ZSTD_LEVEL = 19;

    private CodingBenchmark() {}

    public static void main(String[] arguments) throws IOException {
        System.out.printf(
                "%-28s %12s %12s %12s %12s %12s %7s %7s   %s%n",
                "model",
                "file",
                "deflate",
                "zstd -19",
                "huffman",
                "packed",
                "ratio",
                "bits",
                "MB/s packing, unpacking");
        var work = Files.createTempDirectory("coding");
        for (var argument : arguments) {
            row(Path.of(argument), work);
        }
        Files.delete(work);
    }

    private static void row(Path model, Path work) throws IOException {
        var files = new ArrayList<>(List.of(model));
        Model.read(model).externalFiles().forEach(name -> files.add(model.resolveSibling(name)));
        long deflated = CodedBytes.deflate(files);
        long zstd = CodedBytes.zstd(files, ZSTD_LEVEL);
        var packed = work.resolve("packed.mpk");
        long huffman = Packer.pack(model, packed, Coding.HUFFMAN).packedBytes();
        check(packed, files, work);
        long start = System.nanoTime();
        var result = Packer.pack(model, packed, Coding.MODELLED);
        double packing = (System.nanoTime() - start) / 1e3;
        double unpacking = check(packed, files, work) / 1e3;
        Files.delete(packed);
        System.out.printf(
                Locale.ROOT,
                "%-28s %,12d %,12d %,12d %,12d %,12d %7.2f %7.2f   %.1f, %.1f%n",
                model.getParent().getFileName() + "/" + model.getFileName(),
                result.sizeBytes(),
                deflated,
                zstd,
                huffman,
                result.packedBytes(),
                (double) result.sizeBytes() / result.packedBytes(),
                result.bitsPerWeight(),
                result.sizeBytes() / packing,
                result.sizeBytes() / unpacking);
    }

    /** @return nanoseconds of unpacking */
    private static long check(Path packed, List<Path> files, Path work) throws IOException {
        var folder = Files.createDirectories(work.resolve("unpacked"));
        var model = folder.resolve(files.get(0).getFileName());
        long start = System.nanoTime();
        Unpacker.unpack(packed, model);
        long nanos = System.nanoTime() - start;
        for (var file : files) {
            var copy = folder.resolve(files.get(0).toAbsolutePath().getParent().relativize(file.toAbsolutePath()));
            if (Files.mismatch(file, copy) >= 0) {
                throw new IllegalStateException(file + " came back different");
            }
            Files.delete(copy);
        }
        Files.delete(folder);
        return nanos;
    }
}
