package dev.millrace.worker;

import dev.millrace.message.Problem;
import java.util.List;

/** How an attempt ended. */
sealed interface Ending {
    /**
     * The task has its outcome.
     *
     * @param outcome a {@link dev.millrace.message.TaskSucceeded} or {@link dev.millrace.message.TaskRefused}
     */
    record Decided(Record outcome) implements Ending {}

    /**
     * This attempt failed.
     *
     * @param retry whether the next one may fare better
     */
    record Broken(Problem problem, List<String> logTail, boolean retry) implements Ending {}

    /** Somebody told the attempt to stop. */
    record Stopped() implements Ending {}
}
