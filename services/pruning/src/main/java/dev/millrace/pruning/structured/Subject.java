package dev.millrace.pruning.structured;

import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.channel.ChannelGroup;
import dev.millrace.stage.StageContext;
import dev.millrace.training.Recovery;
import java.nio.file.Path;
import java.util.List;

/**
 * A model whose channels are to be judged.
 *
 * @param file the model as it is
 * @param samples rows of data to look at, at most
 * @param recovery how training would read the data
 */
record Subject(
        Model model, Path file, List<ChannelGroup> groups, int samples, Recovery recovery, StageContext context) {
    /** The same, judged by a part of the task. */
    Subject during(StageContext part) {
        return new Subject(model, file, groups, samples, recovery, part);
    }

    /** The same, by so many rows at most. */
    Subject by(int rows) {
        return new Subject(model, file, groups, Math.min(samples, rows), recovery, context);
    }

    Graph graph() {
        return model.graph();
    }
}
