package dev.millrace.standalone.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.JobChanged;
import dev.millrace.message.Json;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "status",
        description = "Shows one job, or lists the newest: of the server, and of compress commands at work.",
        mixinStandardHelpOptions = true)
final class StatusCommand implements Callable<Integer> {
    @Parameters(arity = "0..1", paramLabel = "JOB", description = "Id of a job.")
    private @Nullable String jobId;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Mixin
    private ServerOptions server = new ServerOptions();

    private final Terminal terminal;

    StatusCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        if (jobId == null) {
            for (var gateway : server.gateways()) {
                JsonNode page = gateway.jobs();
                if (json) {
                    terminal.out().println(page.toPrettyString());
                } else {
                    page.path("jobs").forEach(this::list);
                }
            }
            return ExitStatus.DONE;
        }
        JobChanged job = server.gateway(jobId).job(jobId);
        if (json) {
            terminal.out().println(Json.tree(Json.write(job)).toPrettyString());
        } else if (job.state().terminal()) {
            terminal.out().println(word(job.state().name()));
            new JobReport(terminal, false).show(job);
        } else {
            var task = job.task();
            terminal.out()
                    .println("running"
                            + (task == null
                                    ? ""
                                    : ", step " + (task.step() + 1) + " " + task.stage() + ":" + task.technique()));
            if (job.search() != null) {
                TrialTable.print(job.search(), terminal.out());
            }
        }
        return ExitStatus.DONE;
    }

    private void list(JsonNode job) {
        terminal.out()
                .println(String.format(
                        Locale.ROOT,
                        "%-36s  %-9s  %-20s  %-10s %s",
                        job.path("jobId").asText(),
                        job.path("state").asText(),
                        job.path("createdAt").asText().replaceFirst("\\.\\d+", ""),
                        search(job.path("search")),
                        job.path("name").asText("")));
    }

    /** {@code trial 7/12}. */
    private static String search(JsonNode search) {
        return search.isObject()
                ? "trial " + search.path("trials").asInt() + "/"
                        + search.path("most").asInt()
                : "";
    }

    private static String word(String constant) {
        return constant.toLowerCase(Locale.ROOT);
    }
}
