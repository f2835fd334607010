package dev.millrace.message;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/**
 * One figure of a trial that a search makes better.
 *
 * @param figure name of the figure as the trials measure it: {@code top1}, {@code macs} …
 * @param maximise whether more is better
 * @param limit the worst value that a result may have; absent when any will do
 */
public record Goal(
        String figure,
        @JsonProperty(defaultValue = "false") boolean maximise,
        @Nullable Double limit) {}
