package dev.millrace.pruning.weight;

import dev.millrace.engine.moment.Vectors;
import dev.millrace.onnx.Node;
import java.util.List;
import java.util.Optional;

/** Where the vectors are found that the {@link Matrix} of a weight is multiplied with. */
public final class InputVectors {
    private InputVectors() {}

    /** Of one use of a weight; empty where they are in no value of the main graph, or differ between rows. */
    public static Optional<Vectors> of(Weight weight, Weight.Use use) {
        if (use.graph().parent().isPresent()) {
            return Optional.empty();
        }
        var node = use.node();
        return switch (node.opType()) {
            case "Conv" -> Optional.of(Vectors.Patches.of(node, kernel(weight, use)));
            case "ConvTranspose" -> Optional.of(Vectors.Spread.of(node, kernel(weight, use)));
            case "MatMul" -> weight.tensor().rank() == 2 ? product(node, use.input()) : Optional.empty();
            case "Gemm" -> general(node, use.input() == 1);
            default -> Weights.RECURRENT.contains(node.opType()) ? recurrent(node, use.input() == 1) : Optional.empty();
        };
    }

    private static Optional<Vectors> product(Node node, int weight) {
        return weight == 1 ? along(node, 0, -1) : along(node, 1, -2);
    }

    private static Optional<Vectors> general(Node node, boolean right) {
        boolean transposed = node.integer(right ? "transA" : "transB", 0) != 0;
        return along(node, right ? 0 : 1, right == transposed ? 0 : 1);
    }

    /** What a recurrent layer feeds back is what it puts out. */
    private static Optional<Vectors> recurrent(Node node, boolean input) {
        return input
                ? along(node, 0, -1)
                : Optional.of(node.output()).filter(name -> !name.isEmpty()).map(name -> new Vectors.Along(name, -1));
    }

    private static Optional<Vectors> along(Node node, int input, int axis) {
        return Optional.of(new Vectors.Along(node.input(input), axis));
    }

    /** Sizes of the axes behind the input channels. */
    private static List<Long> kernel(Weight weight, Weight.Use use) {
        return use.summedAxes().stream()
                .skip(1)
                .map(axis -> weight.tensor().dim(axis))
                .toList();
    }
}
