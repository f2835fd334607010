/**
 * Search over choices.
 *
 * <p>Everything here is a pure function: a {@link dev.millrace.search.Strategy} sees the space, the goals, a seed and what
 * was tried, and names what to try next. Who died and reads the same history again goes on the same way. Nothing here
 * waits, measures or keeps state; all of it is thread-safe. No strategy can be unlucky with the scale of a figure: they see
 * the order of the trials ({@link dev.millrace.search.Ranking}), not the figures.
 *
 * <p>Glossary: a <b>choice</b> is one decision; a <b>space</b> is all choices; a <b>point</b> has one value for each
 * choice that exists there; a <b>trial</b> is a point that was tried; a <b>goal</b> is a figure to make better, perhaps
 * with a limit; a trial is <b>feasible</b> when it keeps all limits; a <b>rung</b> is how much a trial was trained.
 */
@NullMarked
package dev.millrace.search;

import org.jspecify.annotations.NullMarked;
