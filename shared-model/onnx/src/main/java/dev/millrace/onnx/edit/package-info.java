/**
 * Edits that keep what a model computes and change how it is written: the ground for quantization and pruning.
 *
 * <p>Each works in place, on every graph of the model, subgraphs and function bodies included. What an edit does not
 * understand it leaves alone; what it cannot keep right it refuses.
 */
@NullMarked
package dev.millrace.onnx.edit;

import org.jspecify.annotations.NullMarked;
