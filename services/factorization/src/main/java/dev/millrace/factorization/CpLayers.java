package dev.millrace.factorization;

import dev.millrace.onnx.Attribute;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code W (O, I, k) ≈ Σ_r a_r ∘ b_r ∘ c_r} as {@code (R, I, 1)}, a kernel for each of R channels {@code (R, 1, k)}, and
 * {@code (O, R, 1)}. Each rank is computed by itself, so only some are tried.
 */
final class CpLayers implements Decomposition {
    private static final double[] SHARES = {0.12, 0.2, 0.3, 0.42, 0.56, 0.75};

    /** Terms that are so many times the tensor in size cancel each other: a small change of one makes a large error. */
    private static final double DEGENERATE = 30;

    private final Map<Key, Algebra.Terms> computed = new HashMap<>();

    private record Key(String weight, int rank) {}

    @Override
    public Optional<String> obstacle(Layer layer) {
        return Convolutions.obstacle(layer, 1);
    }

    /** The terms of all axes are found together, from the weight alone. */
    @Override
    public Map<Activations.Subject, float[]> wishes(Layer layer) {
        return Map.of();
    }

    @Override
    public List<Choice> choices(Layer layer, Algebra algebra, Activations seen) {
        long inputs = layer.weight().dim(1);
        long kernel = layer.inputs() / inputs;
        long before = seen.positions(layer.node().input(0), false);
        long after = seen.positions(layer.node().output(), false);
        var choices = new ArrayList<Choice>();
        for (int rank : ranks(layer)) {
            var terms = terms(layer, rank, algebra);
            if (terms.error() < 1 && terms.size() < DEGENERATE) {
                var cost = Choice.Cost.of(inputs * rank, before)
                        .plus(Choice.Cost.of(rank * (kernel + layer.outputs()), after));
                choices.add(new Choice(List.of(rank), Math.max(0, terms.error()), cost));
            }
        }
        return choices;
    }

    private static List<Integer> ranks(Layer layer) {
        long inputs = layer.weight().dim(1);
        double each = inputs + layer.outputs() + layer.inputs() / (double) inputs;
        var ranks = new LinkedHashSet<Integer>();
        for (double share : SHARES) {
            int rank = Math.max(1, (int) (share * layer.weight().elements() / each));
            ranks.add(Decomposition.isHandy(rank) ? rank : rank - rank % 8);
        }
        return List.copyOf(ranks);
    }

    private Algebra.Terms terms(Layer layer, int rank, Algebra algebra) {
        int inputs = (int) layer.weight().dim(1);
        return computed.computeIfAbsent(
                new Key(layer.weight().name(), rank),
                missing ->
                        algebra.terms(layer.weight().floats(), layer.outputs(), inputs, layer.inputs() / inputs, rank));
    }

    @Override
    public void apply(Layer layer, Choice choice, Algebra algebra, Activations seen) {
        int rank = choice.ranks().get(0);
        var terms = terms(layer, rank, algebra);
        int inputs = (int) layer.weight().dim(1);
        int kernel = layer.inputs() / inputs;
        var dims = layer.weight().dims();
        dims[0] = rank;
        dims[1] = 1;
        var first = layer.put(
                ".in", Layer.transposed(terms.inputs(), inputs, rank), Convolutions.pointwise(layer, rank, inputs));
        var second = layer.put(".kernel", Layer.transposed(terms.kernel(), kernel, rank), dims);
        var third = layer.put(".out", terms.outputs(), Convolutions.pointwise(layer, layer.outputs(), rank));
        var node = layer.node();
        var narrowed = layer.fresh(".narrow");
        var convolved = layer.fresh(".each");
        var ones = new long[dims.length - 2];
        Arrays.fill(ones, 1);
        layer.replace(
                Convolutions.plain(Convolutions.first(node, first, narrowed), ones),
                Convolutions.first(node, second, convolved)
                        .withInput(0, narrowed)
                        .with(Attribute.of("group", rank)),
                Convolutions.plain(node.withInput(0, convolved).withInput(1, third), ones));
    }
}
