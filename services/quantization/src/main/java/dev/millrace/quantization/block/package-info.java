/**
 * Matrices in blocks: each run of 16 to 256 weights that a product adds up has a scale, and perhaps a zero point, of its own.
 * Numbers only, no graphs; nothing here is shared between threads.
 *
 * <p>Glossary: a <i>row</i> is what one output is computed from, K <i>columns</i> long; a <i>level</i> {@code q}, an integer
 * from 0 to {@code 2^bits − 1}, stands for the weight {@code s·(q − z)}.
 */
@NullMarked
package dev.millrace.quantization.block;

import org.jspecify.annotations.NullMarked;
