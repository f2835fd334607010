/**
 * Running graphs and reading data: ONNX Runtime sessions through DJL, data sets, metrics.
 *
 * <p>Threads: an {@link dev.millrace.engine.OrtSession} may be used by several threads; everything else by one at a time.
 * Memory: a {@link dev.millrace.engine.Value} made here keeps its bytes outside the heap, freed with the object; the
 * values of {@link dev.millrace.engine.Outputs} are views of the engine's memory and end when the outputs are closed.
 *
 * <p>Glossary: a <b>value</b> is a dense array with a type and dims; a <b>feed</b> is one value per model input; a
 * <b>row</b> is one index of the first axis; a <b>sample</b> is what a metric counts, one row or, for sentence pairs, two;
 * a <b>batch</b> is a feed with the samples in it. Letters: {@code N} rows, {@code C} channels or classes, {@code H}
 * height, {@code W} width, {@code T} tokens or time steps, {@code D} features.
 */
@NullMarked
package dev.millrace.engine;

import org.jspecify.annotations.NullMarked;
