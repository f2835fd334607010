/**
 * Training an ONNX graph: the one loop that pruning's recovery, distillation, quantization-aware training and search call.
 *
 * <p>A step is one native call: forward, loss, gradient, clipping, update, all in the compiled script. What the loop does in
 * Java is choosing data, rates and when to stop. The trained weights are written into the graph they came from.
 *
 * <p>The same settings, data and thread count give the same bytes, also when a run is continued from its checkpoint; a time
 * budget gives that up. Everything is for one thread.
 *
 * <p>Glossary: a <b>step</b> is one batch and one update; an <b>epoch</b> is every batch once; a <b>target</b> is what an
 * output should be, labels of the data or a teacher's output; a <b>term</b> is a loss and its weight.
 */
@NullMarked
package dev.millrace.engine.train;

import org.jspecify.annotations.NullMarked;
