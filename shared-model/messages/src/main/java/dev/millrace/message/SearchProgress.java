package dev.millrace.message;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A search as it stands. The tasks of its trials have the ids {@code <jobId>/<step>.<trial>}, and where a trial is a recipe
 * {@code <jobId>/<step>.<trial>.<part>} from its second part on.
 *
 * @param task that asked for the search; absent in a search over recipes
 * @param step of the job that the search stands in for
 * @param trials all that were chosen so far, by number
 * @param front numbers of the trials that no other is better than in everything
 * @param chosen number of the trial whose result the job goes on with; absent while the search runs
 * @param ended why the search ended, one sentence; absent while it runs
 */
public record SearchProgress(
        SearchPlan plan,
        @Nullable TaskIssued task,
        int step,
        Instant startedAt,
        List<Trial> trials,
        List<Integer> front,
        @Nullable Integer chosen,
        @Nullable String ended) {
    public SearchProgress {
        trials = trials == null ? List.of() : List.copyOf(trials);
        front = front == null ? List.of() : List.copyOf(front);
    }

    /** The trials of the front, best in the first goal first. */
    public List<Trial> frontTrials() {
        return front.stream().map(trials::get).toList();
    }

    /** This search with its trials and their front as they are now. */
    public SearchProgress tried(List<Trial> now, List<Integer> best) {
        return new SearchProgress(plan, task, step, startedAt, now, best, chosen, ended);
    }

    /** This search when it is over. */
    public SearchProgress over(@Nullable Integer trial, String why) {
        return new SearchProgress(plan, task, step, startedAt, trials, front, trial, why);
    }
}
