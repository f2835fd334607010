package dev.millrace.onnx.edit;

import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Node;
import java.util.List;

/**
 * Folds a per-channel {@code y = scale·x + shift} into the layer before it: BatchNormalization, and Mul, Add or Sub with a
 * constant of one number or one number per channel, after Conv, ConvTranspose or Gemm.
 *
 * <p>{@code W'[m] = scale[m]·W[m]}, {@code b'[m] = scale[m]·b[m] + shift[m]}; for BatchNormalization {@code scale = γ /
 * √(σ² + ε)} and {@code shift = β − scale·μ} (Ioffe and Szegedy, 2015). Folded values equal the original up to rounding.
 * A weight that other nodes use too stays as it is, and so does what follows it.
 */
public final class AffineFolding {
    private AffineFolding() {}

    /**
     * Folds wherever the layer's output goes nowhere else, again and again, then removes what nothing reads any more.
     *
     * @return number of nodes folded away
     */
    public static int apply(Model model) {
        int folded = 0;
        for (var graph : model.graphs().toList()) {
            for (var node : List.copyOf(graph.nodes())) {
                folded += foldFollowers(graph, node);
            }
        }
        if (folded > 0) {
            model.raiseIrVersion(4);
            model.graph().removeDead();
        }
        return folded;
    }

    private static int foldFollowers(Graph graph, Node node) {
        int folded = 0;
        var layer = LinearLayer.of(graph, node);
        while (layer.isPresent()) {
            var follower = graph.onlyConsumer(layer.get().node().output());
            if (follower.isEmpty()) {
                return folded;
            }
            var affine = Affine.of(graph, follower.get(), layer.get());
            if (affine.isEmpty() || !layer.get().accepts(graph, affine.get())) {
                return folded;
            }
            graph.remove(follower.get());
            var merged = layer.get().fold(graph, affine.get(), follower.get().output());
            layer = LinearLayer.of(graph, merged);
            folded++;
        }
        return folded;
    }
}
