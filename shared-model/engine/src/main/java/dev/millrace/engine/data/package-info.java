/**
 * Data sets: files of any size, read sample by sample, as feeds of a model.
 *
 * <p>A {@link dev.millrace.engine.data.Dataset} is opened for a model's inputs and gives batches. Nothing is held in
 * memory but the batch at hand and, where it helps, an index of positions. Whatever is wrong with the data is refused
 * with the file and the line or sample.
 */
@NullMarked
package dev.millrace.engine.data;

import org.jspecify.annotations.NullMarked;
