package dev.millrace.quantization;

import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.TensorData;
import dev.millrace.onnx.edit.NodeGlobs;
import dev.millrace.quantization.block.BlockedMatrix;
import dev.millrace.quantization.block.PackedLevels;
import dev.millrace.quantization.block.ZeroPoint;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes a weight in blocks as ONNX Runtime's operators MatMulNBits and GatherBlockQuantized read it. Both share one set of
 * bytes: levels {@code (rows, blocks, blockSize·bits/8)}, seen by a table as {@code (rows, blocks·blockSize·bits/8)}, scales
 * {@code (rows, blocks)}, zero points packed row by row.
 */
final class MatMulNBits {
    private static final String DOMAIN = "com.microsoft";

    private final BlockPlan.Entry entry;
    private final BlockedMatrix matrix;
    private final String stored;

    MatMulNBits(BlockPlan.Entry entry, BlockedMatrix matrix) {
        this.entry = entry;
        this.matrix = matrix;
        stored = entry.graph().freshName(matrix.weight().name() + "_int" + matrix.bits());
    }

    void write() {
        var graph = entry.graph();
        boolean isTable = entry.uses().stream().anyMatch(BlockPlan.Use::isTable);
        graph.put(Tensor.of(
                stored,
                DataType.UINT8,
                TensorData.computed(() -> ByteBuffer.wrap(packed(matrix.levels(), matrix.blockSize()))),
                isTable ? tableDims() : factorDims()));
        graph.put(Tensor.floats(stored + "_scale", matrix.scales(), matrix.rows(), matrix.blocks()));
        if (matrix.zeroPoint() != ZeroPoint.NONE) {
            graph.put(zeroPoints());
        }
        for (var use : entry.uses()) {
            if (use.isTable()) {
                lookUp(use);
            } else {
                multiply(use, isTable);
            }
        }
    }

    private long[] factorDims() {
        return new long[] {matrix.rows(), matrix.blocks(), (long) matrix.blockSize() * matrix.bits() / Byte.SIZE};
    }

    private long[] tableDims() {
        return new long[] {matrix.rows(), (long) matrix.blocks() * matrix.blockSize() * matrix.bits() / Byte.SIZE};
    }

    private byte[] packed(byte[] levels, int perRow) {
        return PackedLevels.pack(levels, matrix.bits(), perRow);
    }

    private Tensor zeroPoints() {
        var name = stored + "_zero_point";
        var floats = matrix.zeroPoints();
        if (matrix.zeroPoint() == ZeroPoint.FLOAT) {
            return Tensor.floats(name, floats, matrix.rows(), matrix.blocks());
        }
        var points = new byte[floats.length];
        for (int i = 0; i < points.length; i++) {
            points[i] = (byte) floats[i];
        }
        var packed = packed(points, matrix.blocks());
        return Tensor.bytes(name, DataType.UINT8, packed, matrix.rows(), packed.length / matrix.rows());
    }

    /** {@code y = x·Wᵀ}, then the bias of a Gemm as an Add that keeps the node's name. */
    private void multiply(BlockPlan.Use use, boolean isTable) {
        var node = use.node();
        var graph = use.graph();
        var nodes = new ArrayList<Node>();
        boolean biased = node.hasInput(2);
        var name = NodeGlobs.name(node);
        var product = biased ? graph.freshName(name + "_product") : node.output();
        nodes.add(Node.of(
                        "MatMulNBits",
                        biased ? product : name,
                        inputs(node.input(0), isTable ? reshaped(graph, nodes) : stored),
                        List.of(product),
                        Attribute.of("K", matrix.columns()),
                        Attribute.of("N", matrix.rows()),
                        Attribute.of("bits", matrix.bits()),
                        Attribute.of("block_size", matrix.blockSize()))
                .withDomain(DOMAIN));
        if (biased) {
            nodes.add(Node.of("Add", name, List.of(product, node.input(2)), node.outputs()));
        }
        graph.replace(node, nodes.toArray(Node[]::new));
    }

    /** The table as a factor; ONNX Runtime does this once, when it loads the model. */
    private String reshaped(Graph graph, List<Node> before) {
        var name = graph.freshName(stored + "_blocks");
        var dims = factorDims();
        graph.put(Tensor.longs(name + "_shape", dims, dims.length));
        before.add(Node.of("Reshape", name, List.of(stored, name + "_shape"), List.of(name)));
        return name;
    }

    /** Rows of whole blocks are looked up; a short last block is cut to its length. */
    private void lookUp(BlockPlan.Use use) {
        var node = use.node();
        var graph = use.graph();
        boolean cut = matrix.columns() % matrix.blockSize() != 0;
        var name = NodeGlobs.name(node);
        var rows = cut ? graph.freshName(name + "_rows") : node.output();
        var lookup = Node.of(
                        "GatherBlockQuantized",
                        cut ? rows : name,
                        inputs(stored, node.input(1)),
                        List.of(rows),
                        Attribute.of("bits", matrix.bits()),
                        Attribute.of("block_size", matrix.blockSize()),
                        Attribute.of("gather_axis", 0),
                        Attribute.of("quantize_axis", 1))
                .withDomain(DOMAIN);
        graph.replace(node, cut ? new Node[] {lookup, slice(graph, name, rows, node)} : new Node[] {lookup});
    }

    private Node slice(Graph graph, String name, String rows, Node gather) {
        graph.put(Tensor.longs(rows + "_from", new long[1], 1));
        graph.put(Tensor.longs(rows + "_to", new long[] {matrix.columns()}, 1));
        graph.put(Tensor.longs(rows + "_axis", new long[] {-1}, 1));
        return Node.of("Slice", name, List.of(rows, rows + "_from", rows + "_to", rows + "_axis"), gather.outputs());
    }

    private List<String> inputs(String first, String second) {
        var inputs = new ArrayList<>(List.of(first, second, stored + "_scale"));
        if (matrix.zeroPoint() != ZeroPoint.NONE) {
            inputs.add(stored + "_zero_point");
        }
        return inputs;
    }
}
