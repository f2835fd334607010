/**
 * ONNX graphs compiled to TorchScript: text for the graph, a zip archive for text and weights.
 *
 * <p>Nothing here runs a model; what is written is loaded by any libtorch. Names in the script are ours: {@code x0} inputs,
 * {@code p3} weights, {@code c5} other constants, {@code v12} values. No text of a model file gets into the script.
 *
 * <p>A {@link dev.millrace.onnx.script.Script} refers to the graph it was compiled from, and reads its tensors when the
 * archive is written, one at a time. Everything is for one thread.
 */
@NullMarked
package dev.millrace.onnx.script;

import org.jspecify.annotations.NullMarked;
