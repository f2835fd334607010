package dev.millrace.onnx.edit;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Function;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Node;
import java.util.List;

/**
 * Raises a model to a newer version of the standard operator set, meaning kept.
 *
 * <p>Covers every operator of versions 7 to {@value #NEWEST} whose attributes, inputs or meaning changed on the way
 * (ONNX {@code Changelog.md}); all others read the same in both versions. Subgraphs and function bodies are converted too.
 */
public final class OpsetConverter {
    /** Oldest version that can be raised. */
    public static final long OLDEST = 7;

    /** Newest version that can be reached. */
    public static final long NEWEST = 24;

    private OpsetConverter() {}

    /**
     * Raises the model in place; a model at or above the version stays as it is.
     *
     * @throws RefusedException {@code OPSET_UNSUPPORTED} if the model is older than {@value #OLDEST}, {@code
     *     OPSET_NOT_CONVERTIBLE} if it uses a form that has no newer equivalent
     * @throws IllegalArgumentException if {@code version} is above {@value #NEWEST}
     */
    public static void raiseTo(Model model, long version) {
        if (version > NEWEST) {
            throw new IllegalArgumentException("opset " + version + " is above " + NEWEST);
        }
        if (model.opset() >= version) {
            return;
        }
        if (model.opset() < OLDEST) {
            throw new RefusedException("OPSET_UNSUPPORTED", "model", "opset " + model.opset(), OLDEST + " or newer");
        }
        raise(model.graph(), model.opset(), version);
        model.functions().replaceAll(function -> raise(function, version));
        model.setOpset("", version);
        model.raiseIrVersion(irVersion(version));
    }

    private static Function raise(Function function, long version) {
        long from = function.opset("");
        if (from == 0 || from >= version) {
            return function;
        }
        raise(function.body(), from, version);
        return function.withOpset(version);
    }

    private static void raise(Graph graph, long from, long to) {
        for (var each : graph.graphs().toList()) {
            for (var change : OpsetChange.between(from, to)) {
                for (var node : List.copyOf(each.nodes())) {
                    if (change.applies(node)) {
                        var replacement = change.rewrite().apply(each, node);
                        if (!replacement.equals(List.of(node))) {
                            each.replace(node, replacement.toArray(Node[]::new));
                        }
                    }
                }
            }
        }
    }

    /** The IR version that came with an operator set (ONNX {@code Versioning.md}). */
    private static long irVersion(long opset) {
        if (opset <= 8) {
            return 3;
        }
        if (opset <= 11) {
            return opset - 5;
        }
        if (opset <= 14) {
            return 7;
        }
        if (opset <= 18) {
            return 8;
        }
        return opset <= 20 ? 9 : opset <= 22 ? 10 : 11;
    }
}
