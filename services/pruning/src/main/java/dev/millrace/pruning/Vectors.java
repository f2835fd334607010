package dev.millrace.pruning;

import dev.millrace.engine.Value;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Where a layer finds the vectors that it multiplies its weight with. */
interface Vectors {
    Set<String> RECURRENT = Set.of("LSTM", "GRU", "RNN");

    /** Name of the value that they are in. */
    String value();

    long count(Value input);

    /** @param every takes one of so many vectors */
    void add(Value input, Gram gram, int every);

    /** Of one use of a weight; empty where they are in no value of the main graph, or differ between rows. */
    static Optional<Vectors> of(Weight weight, Weight.Use use) {
        var node = use.node();
        int rank = weight.tensor().rank();
        if (use.graph().parent().isPresent()) {
            return Optional.empty();
        }
        if (node.is("Conv")) {
            return Optional.of(new Patches(node.input(0), node, kernel(weight, use)));
        }
        if (node.is("ConvTranspose")) {
            return node.integer("group", 1) == 1 ? Optional.of(new Along(node.input(0), 1)) : Optional.empty();
        }
        if (node.is("MatMul") && rank == 2) {
            return Optional.of(use.input() == 1 ? new Along(node.input(0), -1) : new Along(node.input(1), -2));
        }
        if (node.is("Gemm")) {
            boolean right = use.input() == 1;
            boolean transposed = node.integer(right ? "transA" : "transB", 0) != 0;
            return Optional.of(new Along(node.input(right ? 0 : 1), right == transposed ? 0 : 1));
        }
        if (RECURRENT.contains(node.opType())) {
            // What a recurrent layer feeds back is what it puts out.
            return use.input() == 1
                    ? Optional.of(new Along(node.input(0), -1))
                    : Optional.of(node.output()).filter(name -> !name.isEmpty()).map(name -> new Along(name, -1));
        }
        return Optional.empty();
    }

    /** Sizes of the axes behind the input channels. */
    private static List<Long> kernel(Weight weight, Weight.Use use) {
        return use.summedAxes().stream()
                .skip(1)
                .map(axis -> weight.tensor().dim(axis))
                .toList();
    }

    /** All along one axis, counted from the end where negative. */
    record Along(String value, int axis) implements Vectors {
        private int at(Value input) {
            return axis < 0 ? axis + input.rank() : axis;
        }

        @Override
        public long count(Value input) {
            return input.size() / Math.max(1, input.dim(at(input)));
        }

        @Override
        public void add(Value input, Gram gram, int every) {
            int inner = 1;
            for (int later = at(input) + 1; later < input.rank(); later++) {
                inner *= (int) input.dim(later);
            }
            int channels = (int) input.dim(at(input));
            long count = count(input);
            var floats = input.floats();
            var vector = new float[channels];
            for (int v = 0; v < count; v += every) {
                int start = v / inner * channels * inner + v % inner;
                for (int c = 0; c < channels; c++) {
                    vector[c] = floats.get(start + c * inner);
                }
                gram.add(0, vector);
            }
        }
    }
}
