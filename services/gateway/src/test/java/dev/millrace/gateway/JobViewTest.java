package dev.millrace.gateway;

import static dev.millrace.gateway.Snapshots.job;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.message.JobState;
import dev.millrace.message.Json;
import dev.millrace.message.Problem;
import dev.millrace.message.SearchPlan;
import dev.millrace.message.SearchProgress;
import dev.millrace.message.Trial;
import java.util.List;
import java.util.Map;
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

    @Test
    void aSearchShowsHowFarItIsAndItsBest() {
        var trials = List.of(
                new Trial(0, Map.of(), 0).done(Map.of("ratio", 0.3, "drop", 0.001)),
                new Trial(1, Map.of(), 0).failed(new Problem("DIVERGED", "loss", "NaN", "")),
                new Trial(2, Map.of(), 0));
        var plan = new SearchPlan(null, List.of(), List.of(), "parts", 12, null, null, 1, null);
        var search = new SearchProgress(plan, null, 0, Snapshots.START, trials, List.of(0), null, null);
        view.put(JobEntry.of(job("a", JobState.RUNNING, 0).searching(search), 0));

        assertThat(view.page(null, null, 10).jobs().get(0).search())
                .isEqualTo(new JobSummary.Search(3, 12, 1, 1, 1, Map.of("ratio", 0.3, "drop", 0.001)));
    }

    private static List<String> ids(JobPage page) {
        return page.jobs().stream().map(JobSummary::jobId).toList();
    }
}
