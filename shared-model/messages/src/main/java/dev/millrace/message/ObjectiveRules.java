package dev.millrace.message;

import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What an objective must be so that its figures can be measured. Whether data has labels is for the evaluation to see. */
final class ObjectiveRules {
    private ObjectiveRules() {}

    /** @throws RefusedException if the objective is none, or names what no evaluation of this request could measure */
    static void check(CompressionRequested request) {
        var objective = request.objective();
        if (objective != null && objective.maxDrop() != null) {
            checkDrop(objective.maxDrop());
        }
        String metric = objective == null ? null : objective.metric();
        if (metric != null && !Metrics.isKnown(metric)) {
            var known = Stream.concat(Metrics.OF_LABELS.stream(), Metrics.OF_OUTPUTS.stream())
                    .toList();
            throw new RefusedException(
                    "UNKNOWN_METRIC",
                    "objective.metric",
                    "'" + RequestRules.abbreviated(metric) + "'",
                    NearestName.choices(RequestRules.abbreviated(metric), known));
        }
        checkData(request, metric);
    }

    private static void checkDrop(double drop) {
        if (!(drop >= 0) || Double.isInfinite(drop)) {
            throw new RefusedException(
                    "BAD_OBJECTIVE", "objective.maxDrop", Double.toString(drop), "a number that is 0 or more");
        }
    }

    /** A drop needs a metric, and all but the likeness of outputs needs data; a search looks at the drop of every recipe. */
    private static void checkData(CompressionRequested request, @Nullable String metric) {
        boolean limited = request.objective() != null && request.objective().maxDrop() != null;
        boolean looksAtMetric = request.auto() != null || limited || metric != null;
        boolean madeUpInputsWillDo = metric != null && Metrics.isOfOutputs(metric);
        boolean hasData = RequestRules.MEASURED_ON.stream().anyMatch(request.data()::containsKey);
        if (looksAtMetric && !madeUpInputsWillDo && !hasData) {
            String why = request.auto() != null
                    ? "a search compares recipes by a metric"
                    : metric != null ? "'" + metric + "' is measured on it" : "a largest drop is that of a metric";
            throw new RefusedException(
                    "MISSING_DATA",
                    "data.evaluation",
                    "absent",
                    "data for evaluation, validation or calibration, because " + why
                            + "; or metric 'cosine', which made-up inputs allow");
        }
    }
}
