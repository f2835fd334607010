/**
 * Second moments of the vectors that layers see: what pruning and factorization fit weights to.
 *
 * <p>A moment is {@code E = Σ x·xᵀ} over vectors x of a value, {@code (C, C)}, or its diagonal. Numbers are added in double
 * precision by libtorch and stay outside the heap until {@link dev.millrace.engine.moment.Moments} is closed. Everything here
 * is for one thread at a time.
 *
 * <p>Letters: N samples, G groups, C numbers of a vector.
 */
@NullMarked
package dev.millrace.engine.moment;

import org.jspecify.annotations.NullMarked;
