/**
 * Channels, heads and neurons removed by {@link dev.millrace.pruning.structured.Structured}, and whole residual blocks by {@link
 * dev.millrace.pruning.structured.Blocks}: the model that is left is smaller wherever it runs.
 *
 * <p>{@link dev.millrace.pruning.structured.Importance} judges each channel, {@link dev.millrace.pruning.structured.Widths}
 * finds how many of each layer go, {@link dev.millrace.pruning.structured.Shortened} which blocks, and {@link
 * dev.millrace.pruning.structured.Reconstruction} fits the layers that are left by least squares. What is not faster than
 * before is said to be so.
 *
 * <p>Glossary: a <b>group</b> is the channels of one layer with all that depends on them, and its <b>width</b> how many stay;
 * a <b>cut</b> is what goes from a model; a <b>subject</b> is the model that is judged, with the data to judge it by; the
 * <b>error</b> of a model is that of its answers beside those of the whole, {@code Σ‖y − r‖² / Σ‖r‖²}.
 */
@NullMarked
package dev.millrace.pruning.structured;

import org.jspecify.annotations.NullMarked;
