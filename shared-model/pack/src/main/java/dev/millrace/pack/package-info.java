/**
 * Packed models: an ONNX file and its external data in as few bytes as they allow, and back to the very same bytes.
 *
 * <p>{@link dev.millrace.pack.Packer} finds the tensors in the file, codes each in place by what suits it, and everything else
 * as text; {@link dev.millrace.pack.Unpacker} reads a stream and writes the files. What tensors look like decides: pruned
 * weights by where non-zeros are, clustered and low-bit ones by a codebook and ranks, floats by sign, exponent and bytes of
 * the mantissa, each predicted from the neighbours in row, column and kernel, and coded by a range coder
 * ({@link dev.millrace.pack.Coding#MODELLED}); or all of it in Huffman codes, for speed.
 *
 * <p>The way of a file: {@code onnx} finds its tensors, {@code plan} how each is coded, {@code model} predicts and {@code coder}
 * writes the bits, or {@code planes} all at once; what they are in is of this package. None of those packages is used from outside.
 *
 * <p>Both sides need nothing but the JDK, so that a program on a device can read a packed model, and write one: of ONNX only
 * the handful of fields is parsed that lead to tensors. What is not known there is packed as bytes.
 *
 * <p>Memory: a few blocks of 1 MiB and at most some 30 MB of what was learned, whatever the size of the model. Threads: every
 * call is on its own. Predictions are integers, so every machine decodes the same. A damaged or hostile stream is refused with
 * a {@link dev.millrace.pack.PackException} and leaves no file behind.
 *
 * <p>Words: a <i>block</i> is what is checked and read at once; a <i>piece</i> a run of bytes in a block that are coded alike;
 * a <i>plan</i> says how; a <i>level</i> is how far an element is from zero.
 */
@NullMarked
package dev.millrace.pack;

import org.jspecify.annotations.NullMarked;
