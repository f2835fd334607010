package dev.millrace.engine.train;

import java.time.Duration;

/**
 * What a run did.
 *
 * @param steps updates made
 * @param epochs epochs begun
 * @param trainingLoss mean of the weighted loss over the last steps, some 50
 * @param best score of the weights kept: the fraction of right answers on the validation data, or the negative of its
 *     loss; NaN without validation data
 * @param learningRate the highest one
 * @param ending why it ended
 * @param bfloat16 whether products were computed in bfloat16
 * @param elapsed time spent, checkpoints and validation included
 */
public record TrainingResult(
        long steps,
        long epochs,
        double trainingLoss,
        double best,
        double learningRate,
        Ending ending,
        boolean bfloat16,
        Duration elapsed) {
    /** Why training ended. */
    public enum Ending {
        /** The budget is used up. */
        BUDGET,
        /** The validation data got no better answers for as long as the patience lasts. */
        PATIENCE
    }
}
