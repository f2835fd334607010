package dev.millrace.engine;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How ONNX Runtime runs a model. Never made from a request: the paths are ours.
 *
 * @param threads threads inside one operator, at least 1
 * @param parallelNodes nodes that may run side by side; 1 runs them in order
 * @param optimization graph rewriting at load
 * @param arena keep freed memory for the next run; faster, and peak memory stays
 * @param memoryPattern plan one block for all intermediates of a shape; wants fixed input shapes
 * @param spinning threads wait actively inside a run. They always stop when the run returns
 * @param optimizedModel where to write the graph that is really run; absent means nowhere
 * @param profile file name prefix of the operator timings; absent means none are taken
 */
public record SessionSettings(
        int threads,
        int parallelNodes,
        Optimization optimization,
        boolean arena,
        boolean memoryPattern,
        boolean spinning,
        @Nullable Path optimizedModel,
        @Nullable Path profile) {

    /** How far ONNX Runtime rewrites a graph before running it. */
    public enum Optimization {
        NONE,
        BASIC,
        EXTENDED,
        ALL
    }

    public SessionSettings {
        if (threads < 1 || parallelNodes < 1) {
            throw new IllegalArgumentException(
                    "threads=" + threads + ", parallelNodes=" + parallelNodes + ": at least 1");
        }
    }

    /** What a user of the model gets, with this many threads: all optimizations, arena and memory pattern on. */
    public static SessionSettings threads(int threads) {
        return new SessionSettings(threads, 1, Optimization.ALL, true, true, false, null, null);
    }

    public SessionSettings optimization(Optimization level) {
        return new SessionSettings(
                threads, parallelNodes, level, arena, memoryPattern, spinning, optimizedModel, profile);
    }

    /** Less memory, a little slower: nothing is kept from one run to the next. */
    public SessionSettings frugal() {
        return new SessionSettings(
                threads, parallelNodes, optimization, false, false, spinning, optimizedModel, profile);
    }

    public SessionSettings spinning(boolean on) {
        return new SessionSettings(
                threads, parallelNodes, optimization, arena, memoryPattern, on, optimizedModel, profile);
    }

    public SessionSettings optimizedModel(Path file) {
        return new SessionSettings(threads, parallelNodes, optimization, arena, memoryPattern, spinning, file, profile);
    }

    public SessionSettings profile(Path prefix) {
        return new SessionSettings(
                threads, parallelNodes, optimization, arena, memoryPattern, spinning, optimizedModel, prefix);
    }
}
