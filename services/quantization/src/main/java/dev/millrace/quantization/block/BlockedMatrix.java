package dev.millrace.quantization.block;

import dev.millrace.onnx.Tensor;
import java.util.Arrays;

/**
 * A weight of two axes in blocks along its rows. Scales and zero points are found once and kept, one in every
 * {@code blockSize} weights; levels are made when they are asked for, so that a model of any size is written with one weight
 * in memory.
 */
public final class BlockedMatrix {
    private final Tensor weight;
    private final int rowAxis;
    private final int blockSize;
    private final Levels levels;
    private final float[] scales;
    private final float[] zeroPoints;
    private double squares;
    private double squaredErrors;

    private BlockedMatrix(Tensor weight, int rowAxis, int blockSize, Levels levels) {
        this.weight = weight;
        this.rowAxis = rowAxis;
        this.blockSize = blockSize;
        this.levels = levels;
        scales = new float[Math.multiplyExact(rows(), blocks())];
        zeroPoints = new float[scales.length];
    }

    /**
     * Fits every block.
     *
     * @param rowAxis the axis, 0 or 1, along which rows lie side by side
     */
    public static BlockedMatrix of(Tensor weight, int rowAxis, int blockSize, Levels levels, BlockFit fit) {
        var matrix = new BlockedMatrix(weight, rowAxis, blockSize, levels);
        matrix.forEachBlock((index, block, count) -> matrix.fit(index, block, count, fit));
        return matrix;
    }

    /** In a block of zeros, or with a weight that is no number, every level stands for 0. */
    private void fit(int index, float[] block, int count, BlockFit fit) {
        double blockSquares = 0;
        for (int i = 0; i < count; i++) {
            blockSquares += (double) block[i] * block[i];
        }
        squares += blockSquares;
        var scale = Double.isFinite(blockSquares) ? fit.fit(block, count, levels) : new BlockScale(0, 0);
        scale = scale.isUsable() ? scale : new BlockScale(1, levels.middle());
        squaredErrors += scale.error(block, count, levels.largest());
        scales[index] = scale.scale();
        zeroPoints[index] = scale.zeroPoint();
    }

    /** Takes the index of a block, counted row by row, and its weights, the first {@code count} of the array. */
    private interface BlockAction {
        void accept(int index, float[] block, int count);
    }

    private void forEachBlock(BlockAction action) {
        var floats = weight.floats();
        int rowStride = rowAxis == 0 ? columns() : 1;
        int columnStride = rowAxis == 0 ? 1 : rows();
        var block = new float[blockSize];
        int index = 0;
        for (int row = 0; row < rows(); row++) {
            for (int first = 0; first < columns(); first += blockSize) {
                int count = Math.min(blockSize, columns() - first);
                for (int i = 0; i < count; i++) {
                    block[i] = floats[row * rowStride + (first + i) * columnStride];
                }
                action.accept(index++, block, count);
            }
        }
    }

    /** The weight in floats. */
    public Tensor weight() {
        return weight;
    }

    public int rowAxis() {
        return rowAxis;
    }

    public int blockSize() {
        return blockSize;
    }

    public int bits() {
        return levels.bits();
    }

    public ZeroPoint zeroPoint() {
        return levels.zeroPoint();
    }

    public int rows() {
        return (int) weight.dim(rowAxis);
    }

    /** Weights in a row; the last block may be short. */
    public int columns() {
        return (int) weight.dim(1 - rowAxis);
    }

    /** Blocks in a row. */
    public int blocks() {
        return (columns() + blockSize - 1) / blockSize;
    }

    /** Whether every weight is a finite number; others have no level. */
    public boolean isFinite() {
        return Double.isFinite(squares);
    }

    /** {@code Σ w²} over all weights. */
    public double squares() {
        return squares;
    }

    /** {@code Σ (w − ŵ)²} over all weights. */
    public double squaredErrors() {
        return squaredErrors;
    }

    /** {@code (rows, blocks)}. */
    public float[] scales() {
        return scales.clone();
    }

    /** {@code (rows, blocks)}, integers unless {@link ZeroPoint#FLOAT}. */
    public float[] zeroPoints() {
        return zeroPoints.clone();
    }

    /** {@code (rows, blocks, blockSize)}, unsigned; a short block is filled up with levels that stand for 0. */
    public byte[] levels() {
        var all = new byte[Math.multiplyExact(scales.length, blockSize)];
        forEachBlock((index, block, count) -> {
            var scale = new BlockScale(scales[index], zeroPoints[index]);
            Arrays.fill(block, count, blockSize, 0);
            for (int i = 0; i < blockSize; i++) {
                all[index * blockSize + i] = (byte) scale.level(block[i], levels.largest());
            }
        });
        return all;
    }
}
