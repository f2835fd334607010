/**
 * The factorization stage: weights as products of smaller ones; as entries of tables in {@code coding}.
 *
 * <p>A layer's weight is seen as a matrix {@code W (K, N)}: K inputs that are summed over, N outputs. Everything dense runs
 * in libtorch, in double precision. Memory: one weight with its factors, and for techniques that look at data one square
 * matrix for each layer.
 *
 * <p>Glossary: the <b>rank</b> is the width between the two factors; the <b>error</b> of a layer is the share of the energy
 * of its weight, or of its output on the calibration data, that a factorization loses, 0..1.
 */
@NullMarked
package dev.millrace.factorization;

import org.jspecify.annotations.NullMarked;
