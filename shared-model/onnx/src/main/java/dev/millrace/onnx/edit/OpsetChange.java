package dev.millrace.onnx.edit;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * How one version of the standard operator set changed some operators.
 *
 * @param version the first version with the new form
 * @param types operators that changed
 * @param rewrite from a node in the old form to nodes in the new one
 */
record OpsetChange(long version, Set<String> types, BiFunction<Graph, Node, List<Node>> rewrite) {
    private static final Set<String> REDUCTIONS = Set.of(
            "ReduceL1",
            "ReduceL2",
            "ReduceLogSum",
            "ReduceLogSumExp",
            "ReduceMax",
            "ReduceMean",
            "ReduceMin",
            "ReduceProd",
            "ReduceSumSquare");

    private static final List<OpsetChange> ALL = List.of(
            of(9, Set.of("BatchNormalization"), OpsetChange::dropSpatial),
            of(9, Set.of("Scan"), (graph, node) -> refuse(node, "Scan of opset 8 with a batch axis")),
            of(9, Set.of("Upsample"), OpsetChange::upsampleScales),
            of(10, Set.of("Upsample"), (graph, node) -> List.of(node.withType("Resize"))),
            of(10, Set.of("Slice"), OpsetChange::sliceInputs),
            of(10, Set.of("TopK"), (graph, node) -> List.of(ints(graph, node, "k", 1))),
            of(11, Set.of("Clip"), OpsetChange::clipInputs),
            of(11, Set.of("Pad"), OpsetChange::padInputs),
            of(11, Set.of("Resize"), OpsetChange::resizeInputs),
            of(11, Set.of("Scatter"), (graph, node) -> List.of(node.withType("ScatterElements"))),
            of(12, Set.of("Dropout"), OpsetChange::dropoutRatio),
            of(13, Set.of("Softmax", "LogSoftmax", "Hardmax"), OpsetChange::softmaxOverOneAxis),
            of(13, Set.of("Squeeze", "Unsqueeze", "ReduceSum"), (graph, node) -> List.of(ints(graph, node, "axes", 1))),
            of(13, Set.of("Split"), (graph, node) -> List.of(ints(graph, node, "split", 1))),
            of(13, Set.of("Resize"), OpsetChange::resizeWithoutNearestException),
            of(14, Set.of("BatchNormalization"), OpsetChange::oneBatchNormalizationOutput),
            of(16, Set.of("RoiAlign"), OpsetChange::roiAlignCoordinates),
            of(18, REDUCTIONS, (graph, node) -> List.of(ints(graph, node, "axes", 1))),
            of(18, Set.of("Split"), OpsetChange::splitCount),
            of(20, Set.of("GridSample"), OpsetChange::gridSampleMode),
            of(20, Set.of("DFT"), OpsetChange::dftAxis),
            of(21, Set.of("GroupNormalization"), (graph, node) -> refuse(node, "scale and bias per group")));

    private static OpsetChange of(long version, Set<String> types, BiFunction<Graph, Node, List<Node>> rewrite) {
        return new OpsetChange(version, types, rewrite);
    }

    /** Changes after version {@code from} up to {@code to}, oldest first. */
    static List<OpsetChange> between(long from, long to) {
        return ALL.stream()
                .filter(change -> change.version > from && change.version <= to)
                .toList();
    }

    boolean applies(Node node) {
        return node.domain().isEmpty() && types.contains(node.opType());
    }

    private static List<Node> refuse(Node node, String found) {
        throw new RefusedException(
                "OPSET_NOT_CONVERTIBLE", node.toString(), found, "a form that newer operator sets can express");
    }

    /** Stores a constant for an input of the node and returns its name. */
    private static String constant(Graph graph, Node node, String what, Tensor tensor) {
        var name = graph.freshName((node.name().isEmpty() ? node.output() : node.name()) + "." + what);
        graph.put(tensor.withName(name));
        return name;
    }

    /** An integer or integer-list attribute becomes an int64 vector input; absent stays absent. */
    private static Node ints(Graph graph, Node node, String attribute, int input) {
        if (!node.has(attribute)) {
            return node;
        }
        var list = node.ints(attribute);
        var values = list.length > 0 || !attribute.equals("k") ? list : new long[] {node.integer("k", 0)};
        var name = constant(graph, node, attribute, Tensor.longs("", values, values.length));
        return node.without(attribute).withInput(input, name);
    }

    private static List<Node> dropSpatial(Graph graph, Node node) {
        return node.integer("spatial", 1) == 0
                ? refuse(node, "spatial=0, statistics per element")
                : List.of(node.without("spatial"));
    }

    private static List<Node> upsampleScales(Graph graph, Node node) {
        var scales = node.reals("scales");
        var name = constant(graph, node, "scales", Tensor.floats("", scales, scales.length));
        return List.of(node.without("scales").withInput(1, name));
    }

    private static List<Node> sliceInputs(Graph graph, Node node) {
        var withStarts = ints(graph, node, "starts", 1);
        var withEnds = ints(graph, withStarts, "ends", 2);
        return List.of(ints(graph, withEnds, "axes", 3));
    }

    private static List<Node> clipInputs(Graph graph, Node node) {
        var clipped = node.without("min", "max");
        var type = type(graph, node);
        if (node.has("min")) {
            clipped = clipped.withInput(1, scalar(graph, node, "min", type, node.real("min", 0)));
        }
        if (node.has("max")) {
            clipped = clipped.withInput(2, scalar(graph, node, "max", type, node.real("max", 0)));
        }
        return List.of(clipped);
    }

    private static List<Node> padInputs(Graph graph, Node node) {
        var padded = ints(graph, node, "pads", 1).without("value");
        float value = node.real("value", 0);
        return List.of(
                value == 0 ? padded : padded.withInput(2, scalar(graph, node, "value", type(graph, node), value)));
    }

    private static String scalar(Graph graph, Node node, String what, DataType type, float value) {
        return constant(graph, node, what, Tensor.floats("", type, new float[] {value}));
    }

    /** Element type of a node's first input; float where nothing is declared. */
    private static DataType type(Graph graph, Node node) {
        return graph.valueInfo(node.input(0))
                .or(() -> graph.valueInfo(node.output()))
                .map(info -> info.type())
                .filter(DataType::isFloatingPoint)
                .orElse(DataType.FLOAT);
    }

    /** Opset 10 resized without shifting coordinates and took the pixel to the left. */
    private static List<Node> resizeInputs(Graph graph, Node node) {
        var roi = constant(graph, node, "roi", Tensor.floats("", new float[0], 0));
        return List.of(node.withInputs(node.input(0), roi, node.input(1))
                .with(Attribute.of("coordinate_transformation_mode", "asymmetric"))
                .with(Attribute.of("nearest_mode", "floor")));
    }

    private static List<Node> resizeWithoutNearestException(Graph graph, Node node) {
        return node.text("coordinate_transformation_mode", "").equals("tf_half_pixel_for_nn")
                ? refuse(node, "coordinate_transformation_mode=tf_half_pixel_for_nn")
                : List.of(node);
    }

    private static List<Node> dropoutRatio(Graph graph, Node node) {
        return node.has("ratio")
                ? List.of(node.without("ratio")
                        .withInput(1, scalar(graph, node, "ratio", DataType.FLOAT, node.real("ratio", 0.5f))))
                : List.of(node);
    }

    /**
     * Up to opset 12 these operators took all axes from {@code axis} (1 by default) on as one. That is one axis if it is
     * the last; otherwise the input is flattened to {@code (before, after)} and the result shaped back.
     */
    private static List<Node> softmaxOverOneAxis(Graph graph, Node node) {
        long axis = node.integer("axis", 1);
        var rank = Ranks.of(graph, node.input(0));
        if (axis == -1 || (rank.isPresent() && axis == rank.getAsInt() - 1)) {
            return List.of(node.with(Attribute.of("axis", -1)));
        }
        var shape = graph.freshName(node.output() + ".shape");
        var flat = graph.freshName(node.output() + ".flat");
        var result = graph.freshName(node.output() + ".result");
        return List.of(
                Node.of("Shape", shape, List.of(node.input(0)), List.of(shape)),
                Node.of("Flatten", flat, List.of(node.input(0)), List.of(flat), Attribute.of("axis", axis)),
                node.withInputs(flat).withOutputs(result).with(Attribute.of("axis", -1)),
                Node.of("Reshape", graph.freshName(node.output() + ".back"), List.of(result, shape), node.outputs()));
    }

    private static List<Node> oneBatchNormalizationOutput(Graph graph, Node node) {
        boolean statisticsUsed = node.outputs().stream()
                .skip(1)
                .anyMatch(output -> !output.isEmpty()
                        && (graph.isOutput(output) || !graph.consumers(output).isEmpty()));
        return statisticsUsed ? refuse(node, "outputs of training") : List.of(node.withOutputs(node.output()));
    }

    private static List<Node> roiAlignCoordinates(Graph graph, Node node) {
        return List.of(node.with(Attribute.of("coordinate_transformation_mode", "output_half_pixel")));
    }

    private static List<Node> splitCount(Graph graph, Node node) {
        return node.hasInput(1)
                ? List.of(node)
                : List.of(node.with(Attribute.of("num_outputs", node.outputs().size())));
    }

    private static List<Node> gridSampleMode(Graph graph, Node node) {
        var mode =
                switch (node.text("mode", "bilinear")) {
                    case "bilinear" -> "linear";
                    case "bicubic" -> "cubic";
                    default -> node.text("mode", "");
                };
        return List.of(node.with(Attribute.of("mode", mode)));
    }

    private static List<Node> dftAxis(Graph graph, Node node) {
        var axis = constant(graph, node, "axis", Tensor.longs("", new long[] {node.integer("axis", 1)}));
        return List.of(node.without("axis").withInput(2, axis));
    }
}
