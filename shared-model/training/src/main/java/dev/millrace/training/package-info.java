/**
 * Training as every stage does it that trains: a {@link dev.millrace.training.Lesson} teaches a {@link
 * dev.millrace.training.Student}, by labels or by {@link dev.millrace.training.Teachers}, as a {@link
 * dev.millrace.training.Course} says.
 *
 * <p>The data is prepared once and laid down on disk as a {@link dev.millrace.training.TransferSet}, the teacher's answers
 * beside it; every epoch reads from there. Part of it is held out: it decides which weights are kept, and if training makes
 * the score on it worse, the model stays as it was. The same seed, data and number of threads give the same bytes, also when
 * an attempt continues from the checkpoint of another; a limit in minutes gives that up. Memory: the model, its optimizer
 * state and a few batches.
 *
 * <p>Glossary: the <b>student</b> is trained; a <b>teacher</b> is not; a <b>head</b> is an output of the student, or what
 * stands before its Softmax or Sigmoid; a <b>target</b> is what a head should be; a <b>hint</b> is a target inside the graph.
 */
@NullMarked
package dev.millrace.training;

import org.jspecify.annotations.NullMarked;
