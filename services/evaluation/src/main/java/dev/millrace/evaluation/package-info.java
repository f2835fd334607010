/**
 * The evaluation stage: a model measured beside the one it came from.
 *
 * <p>{@link dev.millrace.evaluation.Comparison} is for everybody: the stage, the command line, Java code. Quality is
 * measured in this process, on the data; load time, memory and latency in fresh processes of their own ({@link
 * dev.millrace.evaluation.Probe}), so that nothing else in this one counts.
 */
@NullMarked
package dev.millrace.evaluation;

import org.jspecify.annotations.NullMarked;
