package dev.millrace.message;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/**
 * One figure of a trial that a search makes better.
 *
 * @param figure name of the figure as the trials measure it: {@code top1}, {@code macs} …
 * @param maximise whether more is better
 * @param limit the worst value that a result may have; absent when any will do
 * @param reference the figure of the model that the search begins with, where it is known beforehand: 1 for a ratio to it,
 *     0 for a difference from it
 */
public record Goal(
        String figure,
        @JsonProperty(defaultValue = "false") boolean maximise,
        @Nullable Double limit,
        @Nullable Double reference) {
    /** A goal of which nothing is known beforehand. */
    public Goal(String figure, boolean maximise, @Nullable Double limit) {
        this(figure, maximise, limit, null);
    }
}
