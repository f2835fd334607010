/**
 * The pruning stage: weights set to zero ({@link dev.millrace.pruning.sparsity}), or channels and whole blocks removed
 * ({@link dev.millrace.pruning.structured}). The two know nothing of each other; what both look at is in
 * {@link dev.millrace.pruning.weight}.
 *
 * <p>The same seed, data and number of threads give the same bytes, also when an attempt continues from a checkpoint.
 */
@NullMarked
package dev.millrace.pruning;

import org.jspecify.annotations.NullMarked;
