package dev.millrace.factorization;

import dev.millrace.onnx.Node;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code W (K, N) ≈ U (K, r) · V (r, N)}: two MatMuls, or a convolution to r channels with the kernel and one of 1×1 behind
 * it (Zhang et al., "Accelerating very deep convolutional networks", 2015).
 */
final class SvdLayers implements Decomposition {
    @Override
    public Optional<String> obstacle(Layer layer) {
        return Optional.empty();
    }

    @Override
    public Map<Activations.Subject, float[]> wishes(Layer layer) {
        return fitsInputs(layer)
                ? Map.of(subject(layer), new float[0])
                : layer.bias().map(bias -> Map.of(subject(layer), bias)).orElse(Map.of());
    }

    /** The smaller of both sides is looked at; patches of a picture are never made. */
    private static boolean fitsInputs(Layer layer) {
        return !layer.isConv() && layer.inputs() < layer.outputs();
    }

    private static Activations.Subject subject(Layer layer) {
        return fitsInputs(layer)
                ? new Activations.Subject(layer.node().input(0), true, false)
                : new Activations.Subject(layer.node().output(), !layer.isConv(), true);
    }

    @Override
    public List<Choice> choices(Layer layer, Algebra algebra, Activations seen) {
        var errors = factors(layer, algebra, seen).errors();
        long positions = seen.positions(layer.node().output(), !layer.isConv());
        var choices = new ArrayList<Choice>();
        for (int rank = 1; rank < errors.length; rank++) {
            if (Decomposition.isHandy(rank)) {
                long parameters = (long) rank * (layer.inputs() + layer.outputs());
                choices.add(new Choice(List.of(rank), errors[rank], Choice.Cost.of(parameters, positions)));
            }
        }
        return choices;
    }

    private static Algebra.Factors factors(Layer layer, Algebra algebra, Activations seen) {
        var matrix = layer.matrix();
        var moment = seen.moment(subject(layer));
        if (moment.isEmpty()) {
            return algebra.factors(matrix, layer.inputs(), layer.outputs());
        }
        return fitsInputs(layer)
                ? algebra.byInputs(matrix, layer.inputs(), layer.outputs(), moment.get())
                : algebra.byOutputs(matrix, layer.inputs(), layer.outputs(), moment.get());
    }

    @Override
    public void apply(Layer layer, Choice choice, Algebra algebra, Activations seen) {
        int rank = choice.ranks().get(0);
        var factors = factors(layer, algebra, seen);
        if (layer.isConv()) {
            convolutions(layer, rank, factors);
        } else {
            products(layer, rank, factors);
        }
    }

    private static void products(Layer layer, int rank, Algebra.Factors factors) {
        var node = layer.node();
        var u = layer.put(".u", factors.left(rank), layer.inputs(), rank);
        var v = layer.put(".v", factors.right(rank), rank, layer.outputs());
        var between = layer.fresh(".low_rank");
        layer.replace(
                Node.of("MatMul", between, List.of(node.input(0), u), List.of(between)),
                node.withInput(0, between).withInput(1, v).without("transB"));
    }

    private static void convolutions(Layer layer, int rank, Algebra.Factors factors) {
        var kernel = layer.weight().dims();
        kernel[0] = rank;
        var pointwise = Convolutions.pointwise(layer, layer.outputs(), rank);
        var u = layer.put(".u", Layer.transposed(factors.left(rank), layer.inputs(), rank), kernel);
        var v = layer.put(".v", Layer.transposed(factors.right(rank), rank, layer.outputs()), pointwise);
        var between = layer.fresh(".low_rank");
        layer.replace(
                Convolutions.first(layer.node(), u, between),
                Convolutions.plain(
                        layer.node().withInput(0, between).withInput(1, v),
                        Arrays.copyOfRange(pointwise, 2, pointwise.length)));
    }
}
