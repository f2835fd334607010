/**
 * Channels: what must shrink together when a network is made narrower, and the cutting itself.
 *
 * <p>A rule per operator says which index of one axis lives as long as which indices of another. Their connected components
 * are channels; channels that run over the same axes form a group. What no rule explains is pinned: it keeps its size, and
 * the reason is kept. Nothing here runs a model: dims come from one observed run.
 *
 * <p>Glossary: a <b>tie</b> joins two axes, a <b>pin</b> forbids to cut an axis, a <b>channel</b> is a set of indices that go
 * together, a <b>group</b> is the channels among which one may choose.
 */
@NullMarked
package dev.millrace.onnx.channel;

import org.jspecify.annotations.NullMarked;
