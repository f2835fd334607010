/**
 * Coding techniques: weights as entries of codebooks, which several weights refer to.
 *
 * <p>A weight is cut into runs, a run is a sum of table entries, and an entry is named by a byte or a part of one. What is
 * stored is indices and tables, or the weights that they stand for; both give the same model. Training, where there is data,
 * changes the tables and leaves the indices.
 *
 * <p>Glossary: a <b>table</b> is a codebook or dictionary; a <b>term</b> is one entry for every run; a <b>code</b> is the sum
 * of terms that a weight is; a <b>run</b> is so many elements that lie side by side in the stored weight.
 */
@NullMarked
package dev.millrace.factorization.coding;

import org.jspecify.annotations.NullMarked;
