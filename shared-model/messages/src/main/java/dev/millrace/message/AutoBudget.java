package dev.millrace.message;

import org.jspecify.annotations.Nullable;

/** Limits of an automatic search over recipes; at least one is given. */
public record AutoBudget(@Nullable Integer trials, @Nullable Long seconds) {}
