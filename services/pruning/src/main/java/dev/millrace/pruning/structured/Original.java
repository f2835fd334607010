package dev.millrace.pruning.structured;

import dev.millrace.engine.Shapes;
import dev.millrace.engine.Value;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.channel.Observation;
import dev.millrace.onnx.edit.ConstantNodes;
import dev.millrace.onnx.edit.NodeGlobs;
import dev.millrace.onnx.gate.ModelGate;
import dev.millrace.stage.StageContext;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The model of a task before anything is removed from it, and what one run of it shows.
 *
 * @param model its constants are initializers
 * @param file the same, written
 * @param ignored first outputs of nodes to leave alone
 * @param feed one sample
 * @param seen when that sample runs
 */
record Original(Model model, Path file, Set<String> ignored, Map<String, Value> feed, Observation seen) {
    /**
     * @param ignored globs; each must match something
     * @throws dev.millrace.message.RefusedException if the gate, a glob or the data is not right
     */
    static Original of(StageContext context, List<String> ignored) throws IOException {
        var model = ModelGate.open(context.model());
        var globs = NodeGlobs.of("ignored", ignored, model);
        ConstantNodes.toInitializers(model);
        var file = context.workDirectory().resolve("plain.onnx");
        model.write(file);
        context.progress(0.02, "observing");
        var feed = Samples.first(file, context);
        var alone = model.graph().nodes().stream()
                .filter(globs::contains)
                .map(Node::output)
                .collect(Collectors.toUnmodifiableSet());
        return new Original(model, file, alone, feed, Shapes.observation(file, feed, context.workDirectory()));
    }

    /** Whether a node is to be left alone. */
    boolean ignores(Node node) {
        return ignored.contains(node.output());
    }

    /** The same with another model in its place, of fewer nodes. */
    Original replaced(Model shorter, Path written) {
        return new Original(shorter, written, ignored, feed, seen);
    }
}
