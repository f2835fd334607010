package dev.millrace.evaluation;

import dev.millrace.message.Evaluation;
import dev.millrace.message.Measurements;
import dev.millrace.stage.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What a reader of the figures should not overlook, in sentences. */
final class Notes {
    /** A difference below this may be chance. */
    private static final double NOISE = 1.03;

    private static final double SMALL_COSINE = 0.9;

    private Notes() {}

    static List<String> about(Evaluation evaluation, boolean generated) {
        var baseline = evaluation.baseline();
        var result = evaluation.result();
        var notes = new ArrayList<String>();
        if (generated) {
            notes.add("There was no data: fidelity was measured on made-up inputs and says little about real ones.");
        }
        sizes(baseline, result, notes);
        var before = baseline.latency();
        var after = result.latency();
        if (before != null && after != null && after.p50Millis() > NOISE * before.p50Millis()) {
            notes.add(text(
                    "Slower than the original: %.2f×, medians of %d runs.",
                    after.p50Millis() / before.p50Millis(), after.runs()));
        }
        if (evaluation.fidelity().containsKey("finite")) {
            notes.add("Some outputs are infinite or not a number where the original's are finite.");
        }
        var cosine = evaluation.fidelity().get("cosine");
        if (cosine != null && cosine < SMALL_COSINE) {
            notes.add(text("The outputs are far from the original's: cosine %.3f.", cosine));
        }
        return notes;
    }

    /** What to know of a model that was compiled for a machine that is not like this one. */
    static Optional<String> elsewhere(Map<String, String> metadata, Target here) {
        return Target.in(metadata)
                .filter(target -> !target.differencesOn(here).isEmpty())
                .map(target -> "Compiled for " + target + ", measured where there is "
                        + String.join("; ", target.differencesOn(here)) + ": times and answers there may differ.");
    }

    private static void sizes(Measurements baseline, Measurements result, List<String> notes) {
        if (result.sizeBytes() < baseline.sizeBytes()) {
            return;
        }
        notes.add(
                result.compressedBytes() < 0.99 * baseline.compressedBytes()
                        ? text(
                                "The file is not smaller (%.2f×), only when compressed: %.2f×.",
                                (double) result.sizeBytes() / baseline.sizeBytes(),
                                (double) result.compressedBytes() / baseline.compressedBytes())
                        : text(
                                "Not smaller than the original: %.2f×.",
                                (double) result.sizeBytes() / baseline.sizeBytes()));
    }

    private static String text(String format, Object... arguments) {
        return String.format(Locale.ROOT, format, arguments);
    }
}
