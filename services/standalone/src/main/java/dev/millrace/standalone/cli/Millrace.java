package dev.millrace.standalone.cli;

import dev.millrace.message.Problem;
import dev.millrace.message.RefusedException;
import dev.millrace.pack.PackException;
import io.quarkus.runtime.annotations.QuarkusMain;
import java.io.IOException;
import java.nio.file.FileSystemException;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The {@code millrace} command. Commands that need the services start them; the others never load Quarkus. */
@QuarkusMain
@Command(
        name = "millrace",
        description = "Makes neural networks smaller and faster, and measures what that costs.",
        mixinStandardHelpOptions = true,
        version = "Millrace 0.1",
        synopsisSubcommandLabel = "COMMAND")
public final class Millrace {
    private Millrace() {}

    public static void main(String[] arguments) {
        System.exit(commandLine(Terminal.ofProcess()).execute(arguments));
    }

    static CommandLine commandLine(Terminal terminal) {
        return new CommandLine(new Millrace())
                .addSubcommand(new DemoCommand(terminal))
                .addSubcommand(new CompressCommand(terminal))
                .addSubcommand(new EvaluateCommand(terminal))
                .addSubcommand(new InspectCommand(terminal))
                .addSubcommand(new PackCommand(terminal))
                .addSubcommand(new UnpackCommand(terminal))
                .addSubcommand(new TechniquesCommand(terminal))
                .addSubcommand(new ServeCommand(terminal))
                .addSubcommand(new SubmitCommand(terminal))
                .addSubcommand(new StatusCommand(terminal))
                .addSubcommand(new WatchCommand(terminal))
                .addSubcommand(new WhyCommand(terminal))
                .addSubcommand(new CancelCommand())
                .setOut(terminal.out())
                .setErr(terminal.err())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpWidth(100)
                .setExecutionExceptionHandler(Millrace::explain);
    }

    /** What the user can do something about is told in words; anything else is a mistake of ours, with its trace. */
    private static int explain(Exception failure, CommandLine command, CommandLine.ParseResult parsed)
            throws Exception {
        if (failure instanceof RefusedException refused) {
            Problems.print(refused.problem(), command.getErr());
            return ExitStatus.REFUSED;
        }
        if (failure instanceof PackException refused) {
            var problem = new Problem(refused.code(), refused.where(), refused.found(), refused.allowed());
            Problems.print(problem, command.getErr());
            return ExitStatus.REFUSED;
        }
        if (failure instanceof IOException) {
            boolean bare =
                    failure instanceof FileSystemException || failure.getMessage() == null; // a path and no words
            command.getErr().println("millrace: " + (bare ? failure : failure.getMessage()));
            return ExitStatus.FAILED;
        }
        throw failure;
    }
}
