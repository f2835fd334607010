/**
 * The pruning stage: weights set to zero, one-shot, without training.
 *
 * <p>Weights are the constants that Conv, ConvTranspose, Gemm, MatMul, LSTM, GRU and RNN multiply with, wherever they
 * stand; biases and normalizations are never touched, and a weight that anything else reads too is left alone. A mask is
 * exact: the number of zeros is what was asked for, ties broken by position. Memory: one tensor, and a histogram of fixed
 * size for thresholds over all tensors.
 *
 * <p>Glossary: <b>sparsity</b> is the share of zeros, 0..1; <b>N:M</b> keeps the N largest of every M weights in a row.
 */
@NullMarked
package dev.millrace.pruning;

import org.jspecify.annotations.NullMarked;
