package dev.millrace.standalone.cli;

import dev.millrace.message.JobChanged;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "watch",
        description = "Follows a job until it ends; exit status as of compress.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills what is required
final class WatchCommand implements Callable<Integer> {
    @Parameters(paramLabel = "JOB", description = "Id of a job.")
    private String jobId;

    @Option(names = "--out", paramLabel = "DIR", description = "Gets the result, as with compress.")
    private @Nullable Path out;

    @Option(names = "--json", description = "Print the report as JSON.")
    private boolean json;

    @Mixin
    private ServerOptions server = new ServerOptions();

    private final Terminal terminal;

    WatchCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        var gateway = server.gateway(jobId);
        var progress = new ProgressLine(terminal);
        JobChanged job = gateway.watch(jobId, progress);
        progress.end();
        if (out != null) {
            Path directory = Files.createDirectories(terminal.directory().resolve(out));
            ResultFiles.write(job, directory, gateway::download);
        }
        return new JobReport(terminal, json).show(job);
    }
}
