package dev.millrace.standalone.cli;

import dev.millrace.message.CacheLookup;
import dev.millrace.message.Json;
import dev.millrace.message.LineageStep;
import dev.millrace.message.RefusedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.StreamSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "why",
        description = "Says of each step of a job why it was computed, or known from before.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills what is required
final class WhyCommand implements Callable<Integer> {
    private static final int COLUMN = 32;

    @Parameters(paramLabel = "JOB|REPORT", description = "Id of a job, or the report.json that compress has written.")
    private String job;

    @Mixin
    private ServerOptions server = new ServerOptions();

    private final Terminal terminal;

    WhyCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        for (var step : lineage()) {
            String name = step.stage() + ":" + step.technique();
            terminal.out()
                    .println(String.format(
                            Locale.ROOT,
                            "%d %s %-8s  %s",
                            step.step() + 1,
                            name + " ".repeat(Math.max(0, COLUMN - name.length())),
                            step.cached() ? "known" : "computed",
                            CacheLookup.in(step.report())
                                    .map(CacheLookup::because)
                                    .orElse("The worker did not say why.")));
        }
        return ExitStatus.DONE;
    }

    private List<LineageStep> lineage() throws IOException, InterruptedException {
        Path file = terminal.directory().resolve(job);
        if (!Files.isRegularFile(file)) {
            return server.gateway(job).job(job).lineage();
        }
        var lineage = Json.tree(Files.readAllBytes(file)).path("lineage");
        if (!lineage.isArray()) {
            throw new RefusedException(
                    "NO_LINEAGE",
                    file.toString(),
                    "no steps",
                    "the report.json of a job that was completed or has failed");
        }
        return StreamSupport.stream(lineage.spliterator(), false)
                .map(step -> Json.read(step, LineageStep.class))
                .toList();
    }
}
