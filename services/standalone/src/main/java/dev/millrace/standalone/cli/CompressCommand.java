package dev.millrace.standalone.cli;

import dev.millrace.message.JobChanged;
import dev.millrace.pack.Coding;
import dev.millrace.pack.Packer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "compress",
        description = "Makes a model smaller and measures it beside the original.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Exit status: 0 done and objective met; 1 failed; 2 refused or wrong usage; 3 done but objective not met,",
            "the best model so far was written."
        })
@SuppressWarnings("NullAway.Init") // picocli fills what is required
final class CompressCommand implements Callable<Integer> {
    @Parameters(paramLabel = "MODEL", description = "An ONNX file; external data is looked for beside it.")
    private Path model;

    @Option(
            names = "--out",
            required = true,
            paramLabel = "DIR",
            description = "Gets model.onnx, its external data and report.json.")
    private Path out;

    @Mixin
    private RecipeOptions recipe = new RecipeOptions();

    @Option(names = "--server", paramLabel = "URL", description = "Let this server do it. Default: in this process.")
    private @Nullable URI server;

    @Mixin
    private DataDirectoryOption dataDirectory = new DataDirectoryOption();

    @Option(
            names = "--pack",
            description = "Also write model.mpk: the result packed without loss, as millrace pack does.")
    private boolean pack;

    @Option(names = "--json", description = "Print the report as JSON.")
    private boolean json;

    private final Terminal terminal;

    CompressCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        recipe.requireSomeWish();
        return new Compression(terminal, dataDirectory.value(), server)
                .run(
                        terminal.directory().resolve(model),
                        (catalogue, addresses) -> recipe.recipe(catalogue, terminal.directory(), addresses),
                        terminal.directory().resolve(out),
                        this::finish);
    }

    private int finish(JobChanged job) {
        int status = new JobReport(terminal, json).show(job);
        if (pack && job.best() != null) {
            var result = terminal.directory().resolve(out).resolve(ResultFiles.MODEL);
            try {
                var packed = Packer.pack(result, PackCommand.renamed(result, PackCommand.ENDING), Coding.MODELLED);
                terminal.err()
                        .println(String.format(
                                Locale.ROOT,
                                "packed: %,d bytes, %.2f bits for each of %,d weights",
                                packed.packedBytes(),
                                packed.bitsPerWeight(),
                                packed.weights()));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return status;
    }
}
