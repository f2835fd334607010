package dev.millrace.standalone.cli;

import dev.millrace.message.Recipe;
import dev.millrace.standalone.demo.Demo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "demo",
        description = "Prunes and quantizes a small digit classifier and measures it before and after.",
        mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {
    @Option(names = "--out", paramLabel = "DIR", description = "Gets the files of the demo. Default: millrace-demo")
    private Path out = Path.of("millrace-demo");

    @Mixin
    private DataDirectoryOption dataDirectory = new DataDirectoryOption();

    private final Terminal terminal;

    DemoCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        Path directory = terminal.directory().resolve(out);
        Path recipe = Demo.unpack(directory);
        terminal.out()
                .println("millrace compress " + out.resolve(Demo.MODEL) + " --recipe " + out.resolve(Demo.RECIPE)
                        + " --out " + out);
        return new Compression(terminal, dataDirectory.value(), null)
                .run(
                        directory.resolve(Demo.MODEL),
                        (catalogue, addresses) -> recipe(recipe, addresses),
                        directory,
                        job -> {
                            int status = new JobReport(terminal, false).show(job);
                            if (status == ExitStatus.DONE) {
                                terminal.out().println();
                                terminal.out()
                                        .println("The smaller model is " + out.resolve(ResultFiles.MODEL)
                                                + ", the report " + out.resolve(ResultFiles.REPORT) + ".");
                            }
                            return status;
                        });
    }

    private static Recipe recipe(Path file, Addresses addresses) throws IOException {
        return new DataFiles(file.resolveSibling("."), addresses).resolve(RecipeFile.read(file));
    }
}
