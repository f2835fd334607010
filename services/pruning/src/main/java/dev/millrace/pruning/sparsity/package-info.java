/**
 * Weights set to zero, the shapes stay. It is one technique, {@link dev.millrace.pruning.sparsity.Sparsify}, in as many forms
 * as there are ways to choose the weights: a {@link dev.millrace.pruning.sparsity.Criterion} says what each is worth, a {@link
 * dev.millrace.pruning.sparsity.Scope} or {@link dev.millrace.pruning.sparsity.Pattern} where how many go, a {@link
 * dev.millrace.pruning.sparsity.Pace} when, and training on what is left may follow or go along.
 *
 * <p>The number of zeros is what was asked for, ties broken by position; what is zero already stays zero and is counted.
 * Memory: a bit for each weight, and what the criterion says; by magnitude no more than one tensor.
 *
 * <p>Glossary: <b>sparsity</b> is the share of zeros, 0..1; <b>N:M</b> keeps the N that are worth most of every M weights in
 * a row; a <b>round</b> removes some of the weights during training.
 */
@NullMarked
package dev.millrace.pruning.sparsity;

import org.jspecify.annotations.NullMarked;
