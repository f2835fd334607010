package dev.millrace.standalone.cli;

import dev.millrace.evaluation.CodedBytes;
import dev.millrace.message.RefusedException;
import dev.millrace.pack.Coding;
import dev.millrace.pack.PackedModel;
import dev.millrace.pack.Packer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "pack",
        description =
                "Packs a model and its external data into one small file, without loss; unpack gives the same bytes.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills what is required
final class PackCommand implements Callable<Integer> {
    static final String ENDING = ".mpk";
    private static final int ZSTD_LEVEL = 19;

    @Parameters(paramLabel = "MODEL", description = "An ONNX file; external data is looked for beside it.")
    private Path model;

    @Option(names = "--out", paramLabel = "FILE", description = "Default: the model's name, ending in .mpk.")
    private @Nullable Path out;

    @Option(names = "--fast", description = "Huffman codes: larger, and many times faster to pack and unpack.")
    private boolean fast;

    @Option(names = "--compare", description = "Also show what deflate and zstd make of the model.")
    private boolean compare;

    private final Terminal terminal;

    PackCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        var file = existing(terminal.directory().resolve(model), "MODEL", "an ONNX file");
        var target = out == null ? renamed(file, ENDING) : terminal.directory().resolve(out);
        requireOther(target, file);
        long start = System.nanoTime();
        var packed = Packer.pack(file, target, fast ? Coding.HUFFMAN : Coding.MODELLED);
        show(file, packed, (System.nanoTime() - start) / 1e9);
        return ExitStatus.DONE;
    }

    private void show(Path file, PackedModel packed, double seconds) throws IOException {
        long size = packed.sizeBytes();
        line("", "bytes", "ratio");
        line("file", count(size), "");
        if (compare) {
            var files = new ArrayList<>(List.of(file));
            ModelFile.open(file).externalFiles().forEach(name -> files.add(file.resolveSibling(name)));
            line("deflate", size, CodedBytes.deflate(files));
            line("zstd -19", size, CodedBytes.zstd(files, ZSTD_LEVEL));
        }
        line("packed", size, packed.packedBytes());
        terminal.out().println();
        terminal.out()
                .println(String.format(
                        Locale.ROOT,
                        "%.2f bits for each of %,d weights, in %.1f s.",
                        packed.bitsPerWeight(),
                        packed.weights(),
                        seconds));
    }

    private void line(String label, long size, long bytes) {
        line(label, count(bytes), String.format(Locale.ROOT, "%.2f×", (double) size / bytes));
    }

    private void line(String label, String bytes, String ratio) {
        terminal.out()
                .println(String.format(Locale.ROOT, "%-10s %15s %9s", label, bytes, ratio)
                        .stripTrailing());
    }

    private static String count(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    /** @throws RefusedException if there is none */
    static Path existing(Path file, String where, String allowed) {
        if (!Files.isRegularFile(file)) {
            throw new RefusedException("NOT_FOUND", where, "no file at " + file, allowed);
        }
        return file;
    }

    /** @throws RefusedException if a file would be written over itself */
    static void requireOther(Path target, Path source) {
        if (target.toAbsolutePath().normalize().equals(source.toAbsolutePath().normalize())) {
            throw new RefusedException("INVALID_OPTION", "--out", "the file that is read", "another file");
        }
    }

    /** The same name with another ending. */
    static Path renamed(Path file, String ending) {
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return file.resolveSibling((dot < 1 ? name : name.substring(0, dot)) + ending);
    }
}
