package dev.millrace.message;

import org.jspecify.annotations.Nullable;

/**
 * Limits of an automatic search over recipes; trials or seconds are given.
 *
 * @param trials most recipes that are tried; absent means as many as the seconds allow
 * @param seconds no trial begins later than this after the first one
 * @param parallel most trials at once; absent means one after the other, which learns most from each
 */
public record AutoBudget(
        @Nullable Integer trials,
        @Nullable Long seconds,
        @Nullable Integer parallel) {
    /** A budget for one trial after the other. */
    public AutoBudget(@Nullable Integer trials, @Nullable Long seconds) {
        this(trials, seconds, null);
    }
}
