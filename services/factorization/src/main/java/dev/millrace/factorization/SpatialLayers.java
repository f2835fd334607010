package dev.millrace.factorization;

import dev.millrace.onnx.Attribute;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code W (O, I, h, w)} as {@code (r, I, h, 1)} and {@code (O, r, 1, w)}: the matrix {@code (I·h, w·O)} as a product. */
final class SpatialLayers implements Decomposition {
    @Override
    public Optional<String> obstacle(Layer layer) {
        return Convolutions.obstacle(layer, 2)
                .or(() -> layer.weight().rank() == 4
                        ? Optional.empty()
                        : Optional.of("its kernel has " + (layer.weight().rank() - 2) + " axes"))
                .or(() -> layer.node().text("auto_pad", "NOTSET").startsWith("SAME")
                        ? Optional.of("its pads are computed")
                        : Optional.empty());
    }

    /** Patches of a picture are never made, so data does not help. */
    @Override
    public Map<Activations.Subject, float[]> wishes(Layer layer) {
        return Map.of();
    }

    @Override
    public List<Choice> choices(Layer layer, Algebra algebra, Activations seen) {
        var errors = factors(layer, algebra).errors();
        long rows = rows(layer);
        long columns = columns(layer);
        long after = seen.positions(layer.node().output(), false);
        long between = seen.dims(layer.node().input(0))
                .flatMap(from -> seen.dims(layer.node().output()).map(to -> from[0] * to[2] * from[3]))
                .orElse(0L);
        var choices = new ArrayList<Choice>();
        for (int rank = 1; rank < errors.length; rank++) {
            if (Decomposition.isHandy(rank)) {
                var cost = Choice.Cost.of(rank * rows, between).plus(Choice.Cost.of(rank * columns, after));
                choices.add(new Choice(List.of(rank), errors[rank], cost));
            }
        }
        return choices;
    }

    private static int rows(Layer layer) {
        return (int) (layer.weight().dim(1) * layer.weight().dim(2));
    }

    private static int columns(Layer layer) {
        return (int) (layer.weight().dim(3) * layer.weight().dim(0));
    }

    private static Algebra.Factors factors(Layer layer, Algebra algebra) {
        return algebra.factors(layer.matrix(), rows(layer), columns(layer)); // (I·h·w, O), which is (I·h, w·O)
    }

    @Override
    public void apply(Layer layer, Choice choice, Algebra algebra, Activations seen) {
        int rank = choice.ranks().get(0);
        var factors = factors(layer, algebra);
        var node = layer.node();
        long height = layer.weight().dim(2);
        long width = layer.weight().dim(3);
        var vertical = layer.put(
                ".vertical",
                Layer.transposed(factors.left(rank), rows(layer), rank),
                rank,
                layer.weight().dim(1),
                height,
                1);
        var horizontal = layer.put( // (r, w·O) to (O, r·w)
                ".horizontal",
                Layer.transposed(factors.right(rank), rank * (int) width, layer.outputs()),
                layer.outputs(),
                rank,
                1,
                width);
        var strides = node.ints("strides", 1, 1);
        var pads = node.ints("pads", 0, 0, 0, 0);
        var dilations = node.ints("dilations", 1, 1);
        var between = layer.fresh(".vertical");
        layer.replace(
                Convolutions.plain(Convolutions.first(node, vertical, between), height, 1)
                        .with(Attribute.ints("strides", strides[0], 1))
                        .with(Attribute.ints("pads", pads[0], 0, pads[2], 0))
                        .with(Attribute.ints("dilations", dilations[0], 1)),
                Convolutions.plain(node.withInput(0, between).withInput(1, horizontal), 1, width)
                        .with(Attribute.ints("strides", 1, strides[1]))
                        .with(Attribute.ints("pads", 0, pads[1], 0, pads[3]))
                        .with(Attribute.ints("dilations", 1, dilations[1])));
    }
}
