package dev.millrace.onnx.channel;

import java.util.List;
import java.util.Map;

/**
 * Channels among which one may choose; they run over the same axes.
 *
 * @param slices for each axis, for each channel, the indices that are the channel's
 */
public record ChannelGroup(Map<Axis, List<int[]>> slices) {
    /** Number of channels. */
    public int size() {
        return slices.values().iterator().next().size();
    }
}
