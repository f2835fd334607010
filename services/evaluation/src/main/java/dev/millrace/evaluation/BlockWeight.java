package dev.millrace.evaluation;

import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A weight as ONNX Runtime's MatMulNBits and GatherBlockQuantized read it: levels of a few bits, several in a byte, each block
 * of a row with a zero point.
 *
 * @param levels bytes, the first axis rows
 * @param zeroPoints bytes packed row by row, or a float for each block; absent means the middle level
 * @param bits of a level: 2, 4 or 8
 */
record BlockWeight(Tensor levels, @Nullable Tensor zeroPoints, int bits, int blockSize) {
    private static final String DOMAIN = "com.microsoft";

    /** All of a model, by the name of their levels. */
    static Map<String, BlockWeight> of(Model model) {
        var weights = new HashMap<String, BlockWeight>();
        model.graphs()
                .forEach(graph -> graph.nodes().stream()
                        .filter(node -> node.domain().equals(DOMAIN))
                        .flatMap(node -> of(graph, node).stream())
                        .forEach(weight -> weights.put(weight.levels.name(), weight)));
        return weights;
    }

    private static Optional<BlockWeight> of(Graph graph, Node node) {
        boolean isFactor = node.opType().equals("MatMulNBits");
        if (!isFactor && !node.opType().equals("GatherBlockQuantized")) {
            return Optional.empty();
        }
        var zeroPoints = graph.constant(node.input(3)).orElse(null);
        int bits = (int) node.integer("bits", 4);
        int blockSize = (int) node.integer("block_size", isFactor ? 0 : 128);
        return graph.constant(node.input(isFactor ? 1 : 0))
                .map(levels -> new BlockWeight(levels, zeroPoints, bits, blockSize))
                .filter(BlockWeight::isWellFormed);
    }

    /** ONNX Runtime refuses other forms; they are only not to be read here. */
    private boolean isWellFormed() {
        boolean packed = levels.type() == DataType.UINT8 && levels.rank() >= 2 && levels.elements() > 0;
        if (!packed || (bits != 2 && bits != 4 && bits != 8) || blockSize < 1) {
            return false;
        }
        long perRow = zeroPoints != null && zeroPoints.type() == DataType.UINT8 ? zeroPointBytesPerRow() : blocks();
        return zeroPoints == null || zeroPoints.elements() == levels.dim(0) * perRow;
    }

    long elements() {
        return levels.elements() * perByte();
    }

    /** Levels that are not their block's zero point. */
    long nonZero() {
        var bytes = levels.bytes();
        int columns = columns();
        long nonZero = 0;
        for (int row = 0; row < levels.dim(0); row++) {
            for (int first = 0; first < columns; first += blockSize) {
                float zeroPoint = zeroPoint(row, first / blockSize);
                for (int column = first; column < Math.min(columns, first + blockSize); column++) {
                    nonZero += level(bytes, (long) row * columns + column) == zeroPoint ? 0 : 1;
                }
            }
        }
        return nonZero;
    }

    private int perByte() {
        return Byte.SIZE / bits;
    }

    private int columns() {
        return (int) (elements() / levels.dim(0));
    }

    private int blocks() {
        return (columns() + blockSize - 1) / blockSize;
    }

    private int zeroPointBytesPerRow() {
        return (blocks() + perByte() - 1) / perByte();
    }

    private float zeroPoint(int row, int block) {
        if (zeroPoints == null) {
            return 1 << (bits - 1);
        }
        return zeroPoints.type() == DataType.UINT8
                ? level(zeroPoints.bytes(), (long) row * zeroPointBytesPerRow() * perByte() + block)
                : zeroPoints.floats((long) row * blocks() + block, 1)[0];
    }

    private int level(ByteBuffer bytes, long index) {
        int value = bytes.get((int) (index / perByte())) & 0xff;
        return value >> (index % perByte() * bits) & ((1 << bits) - 1);
    }
}
