package dev.millrace.pruning;

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
    /** The same, looked at with fewer rows and by a part of the task. */
    Subject lookedAt(int rows, StageContext part) {
        return new Subject(model, file, groups, Math.min(samples, rows), recovery, part);
    }

    Graph graph() {
        return model.graph();
    }
}
