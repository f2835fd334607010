/**
 * The distillation stage: a model trained to answer as a teacher does, or as its labels say. How training goes is {@link
 * dev.millrace.training}'s.
 */
@NullMarked
package dev.millrace.distillation;

import org.jspecify.annotations.NullMarked;
