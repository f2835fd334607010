package dev.millrace.quantization;

import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.TensorData;
import dev.millrace.quantization.block.BlockedMatrix;
import dev.millrace.quantization.block.PackedLevels;
import dev.millrace.quantization.block.ZeroPoint;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Puts a DequantizeLinear, scales {@code (rows, blocks)} or turned, in the place of a weight. The value keeps its name, so
 * nothing that reads it changes.
 */
final class DequantizeBlocks {
    private DequantizeBlocks() {}

    static void write(Graph graph, BlockedMatrix matrix) {
        var weight = matrix.weight();
        var stored = graph.freshName(weight.name() + "_int" + matrix.bits());
        boolean signed = matrix.zeroPoint() == ZeroPoint.NONE;
        var inputs = new ArrayList<>(List.of(stored, stored + "_scale"));
        graph.put(Tensor.of(
                stored,
                type(matrix, signed),
                TensorData.computed(() -> ByteBuffer.wrap(levels(matrix, signed))),
                weight.dims()));
        graph.put(Tensor.floats(stored + "_scale", inOrder(matrix, matrix.scales()), blockDims(matrix)));
        if (!signed) {
            inputs.add(stored + "_zero_point");
            graph.put(Tensor.bytes(stored + "_zero_point", type(matrix, false), zeroPoints(matrix), blockDims(matrix)));
        }
        graph.removeInitializer(weight.name());
        graph.addFirst(Node.of(
                "DequantizeLinear",
                graph.freshName(stored + "_dequantize"),
                inputs,
                List.of(weight.name()),
                Attribute.of("axis", 1 - matrix.rowAxis()),
                Attribute.of("block_size", matrix.blockSize())));
    }

    private static DataType type(BlockedMatrix matrix, boolean signed) {
        if (matrix.bits() == Byte.SIZE) {
            return signed ? DataType.INT8 : DataType.UINT8;
        }
        return signed ? DataType.INT4 : DataType.UINT4;
    }

    /** In the order of the weight, signed ones shifted so that the middle level is 0. */
    private static byte[] levels(BlockedMatrix matrix, boolean signed) {
        var byRow = matrix.levels();
        int middle = signed ? 1 << (matrix.bits() - 1) : 0;
        int rows = matrix.rows();
        int columns = matrix.columns();
        int padded = matrix.blocks() * matrix.blockSize();
        var levels = new byte[Math.multiplyExact(rows, columns)];
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                int to = matrix.rowAxis() == 0 ? row * columns + column : column * rows + row;
                levels[to] = (byte) (byRow[row * padded + column] - middle);
            }
        }
        return PackedLevels.pack(levels, matrix.bits(), levels.length);
    }

    private static byte[] zeroPoints(BlockedMatrix matrix) {
        var floats = inOrder(matrix, matrix.zeroPoints());
        var points = new byte[floats.length];
        for (int i = 0; i < points.length; i++) {
            points[i] = (byte) floats[i];
        }
        return PackedLevels.pack(points, matrix.bits(), points.length);
    }

    private static long[] blockDims(BlockedMatrix matrix) {
        return matrix.rowAxis() == 0
                ? new long[] {matrix.rows(), matrix.blocks()}
                : new long[] {matrix.blocks(), matrix.rows()};
    }

    /** {@code (rows, blocks)}, turned where the weight's rows lie on axis 1. */
    private static float[] inOrder(BlockedMatrix matrix, float[] values) {
        if (matrix.rowAxis() == 0) {
            return values;
        }
        var turned = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            turned[i % matrix.blocks() * matrix.rows() + i / matrix.blocks()] = values[i];
        }
        return turned;
    }
}
