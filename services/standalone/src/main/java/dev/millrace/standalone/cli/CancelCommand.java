package dev.millrace.standalone.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "cancel", description = "Stops a job and frees the processor.", mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills what is required
final class CancelCommand implements Callable<Integer> {
    @Parameters(paramLabel = "JOB", description = "Id of a job.")
    private String jobId;

    @Option(names = "--reason", paramLabel = "TEXT", description = "Why, for people.")
    private String reason = "millrace cancel";

    @Mixin
    private ServerOptions server = new ServerOptions();

    @Override
    public Integer call() throws Exception {
        server.gateway(jobId).cancel(jobId, reason);
        return ExitStatus.DONE;
    }
}
