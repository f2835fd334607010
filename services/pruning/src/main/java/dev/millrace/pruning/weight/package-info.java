/**
 * The weights of a model, as both ways of pruning see them: {@link dev.millrace.pruning.weight.Weights} finds them, {@link
 * dev.millrace.pruning.weight.Matrix} is how the layer multiplies with one, {@link dev.millrace.pruning.weight.InputVectors}
 * with what, and {@link dev.millrace.pruning.weight.DifferentiableLoss} tells how the loss changes with them. Nothing here
 * changes a model.
 *
 * <p>Weights are the constants that Conv, ConvTranspose, Gemm, MatMul, LSTM, GRU and RNN multiply with, wherever they stand;
 * biases and normalizations are none, and a weight that anything else reads too is left alone.
 */
@NullMarked
package dev.millrace.pruning.weight;

import org.jspecify.annotations.NullMarked;
