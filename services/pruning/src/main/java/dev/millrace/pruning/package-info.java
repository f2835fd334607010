/**
 * The pruning stage: weights set to zero, or whole channels removed.
 *
 * <p>Weights become zero by one technique, {@link dev.millrace.pruning.Sparsify}, in as many forms as there are ways to choose
 * them: a {@link dev.millrace.pruning.Criterion} says what each is worth, a {@link dev.millrace.pruning.Scope} or {@link
 * dev.millrace.pruning.Pattern} where how many go, a {@link dev.millrace.pruning.Pace} when, and training on what is left may
 * follow or go along. Weights are the constants that Conv, ConvTranspose, Gemm, MatMul, LSTM, GRU and RNN multiply with,
 * wherever they stand; biases and normalizations are never removed, and a weight that anything else reads too is left alone.
 * The number of zeros is what was asked for, ties broken by position. Memory: a bit for each weight, and what the criterion
 * says; by magnitude no more than one tensor.
 *
 * <p>Channels, heads and neurons are removed by {@link dev.millrace.pruning.Structured}: {@link dev.millrace.pruning.Importance}
 * judges each, {@link dev.millrace.pruning.Widths} finds how many of each layer go, and {@link
 * dev.millrace.pruning.Reconstruction} fits the layers that are left by least squares; {@link dev.millrace.pruning.Blocks}
 * removes whole residual blocks. What is not faster than before is said to be so.
 *
 * <p>The same seed, data and number of threads give the same bytes, also when an attempt continues from a checkpoint.
 *
 * <p>Glossary: <b>sparsity</b> is the share of zeros, 0..1; <b>N:M</b> keeps the N that are worth most of every M weights in
 * a row; a <b>round</b> removes some of the weights during training.
 */
@NullMarked
package dev.millrace.pruning;

import org.jspecify.annotations.NullMarked;
