package dev.millrace.standalone.cli;

import dev.millrace.message.JobChanged;
import dev.millrace.message.SearchProgress;
import dev.millrace.message.TaskIssued;
import dev.millrace.message.TaskProgressed;
import dev.millrace.message.Trial;
import java.io.PrintWriter;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/** Shows how far a job is: one line that is written over on a screen, else a line when there is something new. */
final class ProgressLine implements Gateway.Watcher {
    private static final int BAR = 24;
    private static final String CLEAR = "\r\u001b[K";

    private final PrintWriter out;
    private final boolean live;
    private final Set<Integer> told = new HashSet<>();
    private String stage = "";
    private String shown = "";

    ProgressLine(Terminal terminal) {
        this.out = terminal.err();
        this.live = terminal.live();
    }

    @Override
    public void changed(JobChanged job) {
        if (job.search() != null && job.task() == null) {
            stage = "search";
            searched(job.search());
        }
        TaskIssued task = job.task();
        if (task != null) {
            stage = task.stage() + ":" + task.technique();
            show(0, task.step(), "waiting for a worker");
        }
    }

    /** A line for each trial that has ended since the last time. */
    private void searched(SearchProgress search) {
        for (var trial : search.trials()) {
            if (trial.state() != Trial.State.OUT && told.add(trial.number())) {
                end();
                out.println(TrialTable.line(search, trial));
                out.flush();
            }
        }
    }

    @Override
    public void progressed(TaskProgressed progress) {
        show(progress.fraction(), progress.step(), progress.activity());
    }

    /** Says something that is no step of a job. */
    void say(String activity) {
        write(activity);
    }

    /** Leaves the screen to what comes next. */
    void end() {
        if (live && !shown.isEmpty()) {
            out.print(CLEAR);
            out.flush();
        }
        shown = "";
    }

    private void show(double fraction, int step, String activity) {
        int percent = (int) (100 * Math.max(0, Math.min(1, fraction)));
        if (live) {
            int done = BAR * percent / 100;
            write(String.format(
                    Locale.ROOT,
                    "%d %-24s %s%s %3d %%  %s",
                    step + 1,
                    stage,
                    "━".repeat(done),
                    "┄".repeat(BAR - done),
                    percent,
                    activity));
        } else {
            write(String.format(Locale.ROOT, "%d %s %d %% %s", step + 1, stage, percent / 10 * 10, activity));
        }
    }

    private void write(String line) {
        if (line.equals(shown)) {
            return;
        }
        shown = line;
        if (live) {
            out.print(CLEAR + line);
            out.flush();
        } else {
            out.println(line);
        }
    }
}
