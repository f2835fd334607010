package dev.millrace.orchestrator;

import dev.millrace.message.Evaluation;
import dev.millrace.message.Goal;
import dev.millrace.message.Minimise;
import dev.millrace.message.Objective;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the trials of a search over recipes are judged by: {@code drop}, how far the metric fell, and {@code ratio}, the figure
 * to minimise over the original's. File size and latency stand beside them for people.
 */
final class TrialFigures {
    static final String DROP = "drop";
    static final String RATIO = "ratio";

    private TrialFigures() {}

    /** The figure to minimise, and the drop within its limit where one is given. */
    static List<Goal> goals(Objective objective) {
        var goals = new ArrayList<Goal>();
        goals.add(new Goal(RATIO, false, null, 1.0));
        goals.add(new Goal(DROP, false, objective.maxDrop(), 0.0));
        return goals;
    }

    /** The objective of a search, which always minimises something and always looks at the metric. */
    static Objective searched(@Nullable Objective objective) {
        if (objective == null) {
            return new Objective(null, null, Minimise.BYTES);
        }
        return objective.minimise() != null
                ? objective
                : new Objective(objective.metric(), objective.maxDrop(), Minimise.BYTES);
    }

    static Map<String, Double> of(@Nullable Objective asked, Evaluation evaluation) {
        var objective = searched(asked);
        var verdict = Verdict.of(
                new Objective(
                        objective.metric(),
                        objective.maxDrop() == null ? Double.valueOf(Double.MAX_VALUE) : objective.maxDrop(),
                        objective.minimise()),
                evaluation);
        var figures = new HashMap<String, Double>();
        put(figures, DROP, verdict.drop());
        put(figures, RATIO, verdict.ratio());
        figures.put("sizeBytes", (double) evaluation.result().sizeBytes());
        if (evaluation.result().latency() != null) {
            figures.put("p50Millis", evaluation.result().latency().p50Millis());
        }
        return figures;
    }

    private static void put(Map<String, Double> figures, String name, double value) {
        if (Double.isFinite(value)) {
            figures.put(name, value);
        }
    }
}
