package dev.millrace.pruning.structured;

import dev.millrace.onnx.Model;
import dev.millrace.onnx.channel.ChannelGroups;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * A model without some of its residual blocks and channels, what is left fitted.
 *
 * @param depth the model that the channels went from
 * @param groups of its channels
 * @param plan which of them went
 * @param fit absent where nothing was to be fitted
 * @param model what is left
 * @param file the same, written
 */
record Reduced(Shortened depth, ChannelGroups groups, CutPlan plan, Optional<Fit> fit, Model model, Path file) {
    /** What was chosen, for another attempt to do again. */
    ChosenCut chosen() {
        return new ChosenCut(depth.removed(), plan.kept());
    }

    /** What a report says of the blocks that went. */
    Map<String, Object> blocks() {
        return Map.of("removed", depth.removed(), "fit", depth.told());
    }
}
