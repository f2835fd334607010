/**
 * The compilation stage: the same function in fewer nodes, for everywhere or for ONNX Runtime alone.
 *
 * <p>A stage of its own and no part of another, because it comes last in a recipe, whatever was before it: a graph that ONNX
 * Runtime has rewritten holds operators that no other stage can work on. Every result is run beside the model that it was
 * made of; one that answers otherwise is never given out. Memory: both models at once.
 */
@NullMarked
package dev.millrace.compilation;

import org.jspecify.annotations.NullMarked;
