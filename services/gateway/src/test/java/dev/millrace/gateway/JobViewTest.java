package dev.millrace.gateway;

import static dev.millrace.gateway.Snapshots.job;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.message.JobState;
import dev.millrace.message.Json;
import java.util.List;
import org.junit.jupiter.api.Test;

class JobViewTest {
    private final JobView view = new JobView();

    @Test
    void keepsTheWholeSnapshot() {
        var job = job("a", JobState.RUNNING, 0);
        view.put(JobEntry.of(job, 7));
        var entry = view.job("a").orElseThrow();
        assertThat(entry.job()).isEqualTo(job);
        assertThat(entry.json()).isEqualTo(Json.write(job));
        assertThat(entry.offset()).isEqualTo(7);
    }

    @Test
    void pagesThroughAllJobsNewestFirst() {
        for (int i = 0; i < 5; i++) {
            view.put(JobEntry.of(job("job-" + i, JobState.RUNNING, i), i));
        }
        var first = view.page(null, null, 2);
        assertThat(ids(first)).containsExactly("job-4", "job-3");
        var second = view.page(null, first.next(), 2);
        assertThat(ids(second)).containsExactly("job-2", "job-1");
        var third = view.page(null, second.next(), 2);
        assertThat(ids(third)).containsExactly("job-0");
        assertThat(third.next()).isNull();
    }

    @Test
    void listsOnlyTheWantedState() {
        view.put(JobEntry.of(job("a", JobState.RUNNING, 0), 0));
        view.put(JobEntry.of(job("b", JobState.FAILED, 1), 1));
        assertThat(ids(view.page(JobState.FAILED, null, 10))).containsExactly("b");
    }

    @Test
    void showsAnAcceptedJobUntilItsSnapshotComes() {
        view.accept(job("a", JobState.RUNNING, 0));
        assertThat(view.job("a").orElseThrow().offset()).isEqualTo(JobEntry.ACCEPTED);
        view.put(JobEntry.of(job("a", JobState.REFUSED, 3), 0));
        assertThat(view.job("a").orElseThrow().summary().state()).isEqualTo(JobState.REFUSED);
        assertThat(ids(view.page(null, null, 10))).containsExactly("a");
    }

    @Test
    void doesNotLetAnAcceptanceHideASnapshot() {
        view.put(JobEntry.of(job("a", JobState.REFUSED, 0), 0));
        view.accept(job("a", JobState.RUNNING, 0));
        assertThat(view.job("a").orElseThrow().summary().state()).isEqualTo(JobState.REFUSED);
    }

    @Test
    void forgetsWhatHasATombstone() {
        view.put(JobEntry.of(job("a", JobState.COMPLETED, 0), 0));
        view.remove("a");
        view.remove("never seen");
        assertThat(view.job("a")).isEmpty();
        assertThat(view.page(null, null, 10)).isEqualTo(new JobPage(List.of(), null));
    }

    private static List<String> ids(JobPage page) {
        return page.jobs().stream().map(JobSummary::jobId).toList();
    }
}
