package dev.millrace.compilation;

import dev.millrace.onnx.Model;
import java.io.IOException;
import java.nio.file.Path;

/** Nodes of a model and of what it became, those of subgraphs included. */
record NodeCounts(long before, long after) {
    static NodeCounts of(Path from, Path to) throws IOException {
        return new NodeCounts(
                Model.read(from).nodes().count(), Model.read(to).nodes().count());
    }
}
