package dev.millrace.quantization;

import dev.millrace.onnx.Node;
import java.util.List;

/** How a {@link RoundingRewrite} writes what is rounded: as integers for ONNX Runtime, or so that training feels it. */
interface Rounding {
    /** Nodes that make {@code to} the rounded form of {@code from}, in the scale of a tensor of the placement. */
    List<Node> activation(String tensor, String from, String to);

    /**
     * The weight that a layer reads.
     *
     * @param before gets the nodes that make it
     */
    String weight(Layer layer, List<Node> before);

    /**
     * The bias that a layer reads; asked for layers that have one.
     *
     * @param before gets the nodes that make it
     */
    String bias(Layer layer, List<Node> before);

    /** What a Gather from a table becomes. */
    List<Node> table(Node gather);
}
