/**
 * The search stage: spaces of architectures, and what a search does with them.
 *
 * <p>{@code search} turns a space into its choices; the orchestrator samples values for them and issues each sample as a
 * {@code trial}, which builds the candidate as an ONNX graph, trains it and says what it measured. Trials know nothing of
 * each other: any number of workers share them, and one that fails costs only itself. The same architecture, data and seed
 * give the same model.
 *
 * <p>Glossary: a <b>space</b> is a set of architectures; a <b>knob</b> is what a space leaves open or fixes; a <b>choice</b>
 * is an open knob and the values allowed; a <b>candidate</b> is one architecture as a model; the <b>budget</b> of a trial is
 * the share of the course that it trains.
 */
@NullMarked
package dev.millrace.nas;

import org.jspecify.annotations.NullMarked;
