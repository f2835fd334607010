package dev.millrace.training;

import dev.millrace.engine.train.Loss;
import dev.millrace.engine.train.Objective;
import dev.millrace.stage.Option;
import java.util.List;
import java.util.Map;

/** Options that hold values inside a student to values inside its teachers. */
public record Hints(
        @Option(
                value = "Values inside the student to values inside every teacher that they should be like.",
                defaultValue = "{}",
                allowed = "names of values; the student's own outputs may stand there too, as embeddings do")
        Map<String, String> hints,

        @Option(
                value =
                        "How hints are compared: meanSquare and cosine learn a projection where the teacher is wider or "
                                + "narrower, attention wants pictures of the same size, relational takes any shapes.",
                defaultValue = "\"meanSquare\"")
        Loss.Measure hintLoss,

        @Option(value = "Weight of each hint.", defaultValue = "1", allowed = "above 0")
        double hintWeight) {
    public Hints {
        Course.requirePositive("hintWeight", hintWeight);
    }

    /** Nothing inside is compared. */
    public static Hints none() {
        return new Hints(Map.of(), Loss.Measure.MEAN_SQUARE, 1);
    }

    List<Objective.Term> terms() {
        return hints.keySet().stream()
                .sorted()
                .map(value -> new Objective.Term(hintWeight, new Loss.Hint(value, Teachers.target(value), hintLoss)))
                .toList();
    }
}
