package dev.millrace.standalone.cli;

import dev.millrace.message.Recipe;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "submit",
        description = "Sends a model to a server, prints the job's id and does not wait.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills what is required
final class SubmitCommand implements Callable<Integer> {
    @Parameters(paramLabel = "MODEL", description = "An ONNX file; external data is looked for beside it.")
    private Path model;

    @Mixin
    private RecipeOptions recipe = new RecipeOptions();

    @Mixin
    private ServerOptions server = new ServerOptions();

    private final Terminal terminal;

    SubmitCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        recipe.requireSomeWish();
        Path file = terminal.directory().resolve(model);
        var external = ModelFile.open(file).externalFiles();
        var gateway = server.gateway();
        Recipe wanted = recipe.recipe(gateway.catalogue(), terminal.directory(), gateway::address);
        terminal.out().println(gateway.submit(wanted.request(gateway.upload(file, external))));
        return ExitStatus.DONE;
    }
}
