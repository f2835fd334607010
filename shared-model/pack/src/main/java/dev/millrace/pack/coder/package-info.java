/**
 * Bits, each with a probability, as a range coder writes and reads them; or only what they would cost.
 *
 * <p>Both directions are one {@link dev.millrace.pack.coder.Coder}, so that a model is written once. Probabilities are
 * integers: every machine decodes the same.
 */
@NullMarked
package dev.millrace.pack.coder;

import org.jspecify.annotations.NullMarked;
