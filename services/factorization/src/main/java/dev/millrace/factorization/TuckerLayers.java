package dev.millrace.factorization;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code W (O, I, k)} as {@code (r1, I, 1)}, {@code (r2, r1, k)} and {@code (O, r2, 1)}. The input side is split first, what
 * is left of it along the output side; the error of both together is at most the sum.
 */
final class TuckerLayers implements Decomposition {
    @Override
    public Optional<String> obstacle(Layer layer) {
        return Convolutions.obstacle(layer, 1);
    }

    @Override
    public Map<Activations.Subject, float[]> wishes(Layer layer) {
        var wishes = new LinkedHashMap<Activations.Subject, float[]>();
        wishes.put(inputs(layer), new float[0]);
        layer.bias().ifPresent(bias -> wishes.put(outputs(layer), bias));
        return wishes;
    }

    private static Activations.Subject inputs(Layer layer) {
        return new Activations.Subject(layer.node().input(0), false, false);
    }

    private static Activations.Subject outputs(Layer layer) {
        return new Activations.Subject(layer.node().output(), false, true);
    }

    @Override
    public List<Choice> choices(Layer layer, Algebra algebra, Activations seen) {
        var inputErrors = inputFactors(layer, algebra, seen).errors();
        var outputErrors = outputFactors(layer, layer.matrix(), layer.inputs(), algebra, seen)
                .errors();
        long inputs = layer.weight().dim(1);
        long kernel = layer.inputs() / inputs;
        long before = seen.positions(layer.node().input(0), false);
        long after = seen.positions(layer.node().output(), false);
        var choices = new ArrayList<Choice>();
        for (int r1 = 1; r1 < inputErrors.length; r1++) {
            for (int r2 = 1; r2 < outputErrors.length; r2++) {
                if (Decomposition.isHandy(r1) && Decomposition.isHandy(r2)) {
                    var cost = Choice.Cost.of(inputs * r1, before)
                            .plus(Choice.Cost.of((long) r1 * r2 * kernel + (long) r2 * layer.outputs(), after));
                    double error = Math.min(1, inputErrors[r1] + outputErrors[r2]);
                    choices.add(new Choice(List.of(r1, r2), error, cost));
                }
            }
        }
        choices.sort(Comparator.comparingLong(choice -> choice.cost().parameters()));
        return choices;
    }

    /** Of the weight as {@code (I, k·O)}. */
    private static Algebra.Factors inputFactors(Layer layer, Algebra algebra, Activations seen) {
        int inputs = (int) layer.weight().dim(1);
        int rest = (int) (layer.weight().elements() / inputs);
        var matrix = layer.matrix(); // (I·k, O), which is (I, k·O)
        return seen.moment(inputs(layer))
                .map(moment -> algebra.byInputs(matrix, inputs, rest, moment))
                .orElseGet(() -> algebra.factors(matrix, inputs, rest));
    }

    /** Of a weight {@code (K, O)}. */
    private static Algebra.Factors outputFactors(
            Layer layer, float[] matrix, int k, Algebra algebra, Activations seen) {
        return seen.moment(outputs(layer))
                .map(moment -> algebra.byOutputs(matrix, k, layer.outputs(), moment))
                .orElseGet(() -> algebra.factors(matrix, k, layer.outputs()));
    }

    @Override
    public void apply(Layer layer, Choice choice, Algebra algebra, Activations seen) {
        int r1 = choice.ranks().get(0);
        int r2 = choice.ranks().get(1);
        int inputs = (int) layer.weight().dim(1);
        int kernel = layer.inputs() / inputs;
        var split = inputFactors(layer, algebra, seen);
        var narrow = split.right(r1); // (r1·k, O)
        var core = outputFactors(layer, narrow, r1 * kernel, algebra, seen);
        var first = layer.put(
                ".in", Layer.transposed(split.left(r1), inputs, r1), Convolutions.pointwise(layer, r1, inputs));
        var dims = layer.weight().dims();
        dims[0] = r2;
        dims[1] = r1;
        var second = layer.put(".core", Layer.transposed(core.left(r2), r1 * kernel, r2), dims);
        var third = layer.put(
                ".out",
                Layer.transposed(core.right(r2), r2, layer.outputs()),
                Convolutions.pointwise(layer, layer.outputs(), r2));
        var node = layer.node();
        var narrowed = layer.fresh(".narrow");
        var convolved = layer.fresh(".core");
        var ones = new long[dims.length - 2];
        Arrays.fill(ones, 1);
        layer.replace(
                Convolutions.plain(Convolutions.first(node, first, narrowed), ones),
                Convolutions.first(node, second, convolved).withInput(0, narrowed),
                Convolutions.plain(node.withInput(0, convolved).withInput(1, third), ones));
    }
}
