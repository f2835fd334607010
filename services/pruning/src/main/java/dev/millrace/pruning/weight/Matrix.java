package dev.millrace.pruning.weight;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A weight as the matrix that its layer multiplies with: a row for every output, a column for every number that the output
 * is a sum over. Columns of a convolution run over input channels, then over the kernel.
 *
 * <p>Rows that read other inputs than their neighbours, as in grouped convolutions, follow each other in groups of the same
 * size.
 */
public final class Matrix {
    private final int[] rowStarts;
    private final int[] columnOffsets;
    private final int channels;
    private final int groups;

    private Matrix(int[] rowStarts, int[] columnOffsets, int channels, int groups) {
        this.rowStarts = rowStarts;
        this.columnOffsets = columnOffsets;
        this.channels = channels;
        this.groups = groups;
    }

    /** As the first layer that reads the weight sees it. */
    public static Matrix of(Weight weight) {
        var use = weight.uses().get(0);
        var columns = use.summedAxes();
        var rows = IntStream.range(0, weight.tensor().rank())
                .filter(axis -> !columns.contains(axis))
                .boxed()
                .toList();
        var dims = weight.tensor().dims();
        var strides = new long[dims.length];
        long stride = 1;
        for (int axis = dims.length - 1; axis >= 0; axis--) {
            strides[axis] = stride;
            stride *= dims[axis];
        }
        boolean transposed = use.node().is("ConvTranspose");
        int groups = transposed || use.node().is("Conv") ? (int) use.node().integer("group", 1) : 1;
        var ofGroup = offsets(rows, dims, strides);
        var rowStarts = ofGroup;
        if (transposed) { // its groups lie along the input channels
            int input = use.inputAxis();
            dims[input] /= groups;
            long apart = dims[input] * strides[input];
            rowStarts = IntStream.range(0, groups * rowStarts.length)
                    .map(row -> Math.toIntExact(row / ofGroup.length * apart) + ofGroup[row % ofGroup.length])
                    .toArray();
        }
        return new Matrix(rowStarts, offsets(columns, dims, strides), (int) dims[use.inputAxis()], groups);
    }

    /** Positions of all combinations of the axes, the last axis fastest. */
    private static int[] offsets(List<Integer> axes, long[] dims, long[] strides) {
        var offsets = new int[1];
        for (int axis : axes) {
            var wider = new int[Math.toIntExact(offsets.length * dims[axis])];
            for (int i = 0; i < offsets.length; i++) {
                for (int k = 0; k < dims[axis]; k++) {
                    wider[(int) (i * dims[axis] + k)] = offsets[i] + Math.toIntExact(k * strides[axis]);
                }
            }
            offsets = wider;
        }
        return offsets;
    }

    public int rows() {
        return rowStarts.length;
    }

    public int columns() {
        return columnOffsets.length;
    }

    /** Input channels that a row reads, each with as many columns as the kernel has elements. */
    public int channels() {
        return channels;
    }

    /** Groups of rows that read the same inputs. */
    public int groups() {
        return groups;
    }

    /** Position of an element in the stored tensor, row-major. */
    public int index(int row, int column) {
        return rowStarts[row] + columnOffsets[column];
    }

    @Override
    public String toString() {
        return Arrays.toString(new int[] {rows(), columns()});
    }
}
