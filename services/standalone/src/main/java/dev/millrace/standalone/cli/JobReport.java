package dev.millrace.standalone.cli;

import dev.millrace.message.JobChanged;
import dev.millrace.message.LineageStep;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;

/** Tells the user how a job ended. */
record JobReport(Terminal terminal, boolean json) {
    private static final int LOG_LINES = 20;

    /** Shows the end of a job; returns the exit status that it means. */
    int show(JobChanged job) {
        if (json) {
            try {
                terminal.out().println(ResultFiles.json(job));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return switch (job.state()) {
            case COMPLETED -> completed(job);
            case FAILED -> failed(job);
            case REFUSED -> {
                explain(job);
                yield ExitStatus.REFUSED;
            }
            case CANCELLED -> {
                terminal.err().println("millrace: job " + job.jobId() + " was cancelled");
                yield ExitStatus.FAILED;
            }
            case RUNNING -> throw new IllegalArgumentException("job " + job.jobId() + " has not ended");
        };
    }

    private int completed(JobChanged job) {
        if (!json) {
            if (job.search() != null) {
                TrialTable.print(job.search(), terminal.out());
                terminal.out().println();
            }
            job.lineage().forEach(this::step);
            terminal.out().println();
            if (job.evaluation() != null) {
                ResultTable.print(job.evaluation(), terminal.out());
            }
            job.notes().forEach(note -> terminal.out().println("• " + note));
        }
        return Boolean.TRUE.equals(job.objectiveMet()) ? ExitStatus.DONE : ExitStatus.OBJECTIVE_NOT_MET;
    }

    private void step(LineageStep step) {
        terminal.out()
                .println(String.format(
                        Locale.ROOT,
                        "%d %s:%s  %s",
                        step.step() + 1,
                        step.stage(),
                        step.technique(),
                        step.cached()
                                ? "known from before"
                                : String.format(Locale.ROOT, "%.1f s", step.durationMillis() / 1e3)));
    }

    private int failed(JobChanged job) {
        explain(job);
        var log = job.logTail();
        log.subList(Math.max(0, log.size() - LOG_LINES), log.size())
                .forEach(line -> terminal.err().println("  | " + line));
        return ExitStatus.FAILED;
    }

    private void explain(JobChanged job) {
        if (job.problem() != null) {
            Problems.print(job.problem(), terminal.err());
        }
    }
}
