/**
 * ONNX operators as TorchScript.
 *
 * <p>A family of operators is one enum, an operator is one line of it: its ONNX type, the opsets and the domain it belongs to,
 * and the TorchScript expression that computes it. What does not fit a line is a function in the family's {@code
 * .torchscript} resource, called as {@code op.name(...)}, or, where statements are needed, a method of the family.
 *
 * <p>Pure functions over text: nothing here runs a model. Everything is immutable and safe for any number of threads.
 *
 * <p>Glossary: a <b>form</b> is an operator in a range of opsets; a <b>setting</b> is an input that steers an operator (axes,
 * bounds, statistics) and so is never a weight; an <b>emission</b> is the writing of one node.
 */
@NullMarked
package dev.millrace.onnx.op;

import org.jspecify.annotations.NullMarked;
