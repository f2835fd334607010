package dev.millrace.standalone.cli;

import dev.millrace.pack.Unpacker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "unpack",
        description = "Gives back the very bytes of a packed model, and of the files beside it.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills what is required
final class UnpackCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "What pack wrote.")
    private Path file;

    @Option(
            names = "--out",
            paramLabel = "MODEL",
            description = "The ONNX file; external data goes beside it. Default: the file's name, ending in .onnx.")
    private @Nullable Path out;

    private final Terminal terminal;

    UnpackCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        var packed = PackCommand.existing(terminal.directory().resolve(file), "FILE", "a packed model");
        var model = out == null
                ? PackCommand.renamed(packed, ".onnx")
                : terminal.directory().resolve(out);
        PackCommand.requireOther(model, packed);
        long start = System.nanoTime();
        Unpacker.unpack(packed, model);
        terminal.out()
                .println(String.format(
                        Locale.ROOT,
                        "%s, %,d bytes, in %.1f s.",
                        terminal.directory().relativize(model),
                        Files.size(model),
                        (System.nanoTime() - start) / 1e9));
        return ExitStatus.DONE;
    }
}
