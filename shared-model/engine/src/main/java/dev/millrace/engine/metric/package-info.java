/**
 * How good a model is: task metrics against labels, fidelity against another model's outputs.
 *
 * <p>Everything accumulates batch by batch and keeps what the figure needs, no samples (rank correlation keeps one number
 * per pair). Figures are fractions of 0..1 unless they say otherwise.
 */
@NullMarked
package dev.millrace.engine.metric;

import org.jspecify.annotations.NullMarked;
