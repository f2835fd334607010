package dev.millrace.engine.moment;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDManager;
import java.util.List;

/** How windows of a value {@code (N, channels, spatial…)} lie. Zeros go between its positions first, then around it. */
final class Grid {
    private final long[] apart;
    private final long[] padding;
    private final long[] reaches;
    private final long[] strides;
    private final long[] dilations;
    private final boolean turned;

    /**
     * @param apart zeros behind each position of a spatial axis
     * @param padding before and behind the last axis, then the one before it, as libtorch wants it; less than 0 cuts off
     * @param reaches how far a window reaches along each axis, holes counted
     * @param turned whether the last element of a window comes first
     */
    Grid(long[] apart, long[] padding, long[] reaches, long[] strides, long[] dilations, boolean turned) {
        this.apart = apart.clone();
        this.padding = padding.clone();
        this.reaches = reaches.clone();
        this.strides = strides.clone();
        this.dilations = dilations.clone();
        this.turned = turned;
    }

    /** Name of the method that takes such vectors. */
    static String method(Vectors vectors) {
        return vectors instanceof Vectors.Along ? "along" : "windowed";
    }

    /**
     * What that method wants to know of them.
     *
     * @param dims of the value that they are in
     */
    static List<NDArray> arguments(PtNDManager scope, Vectors vectors, long[] dims) {
        if (vectors instanceof Vectors.Along along) {
            return List.of(scope.create((long) along.axisOf(dims.length)));
        } else if (vectors instanceof Vectors.Patches patches) {
            return patches.grid(dims).arguments(scope);
        }
        return ((Vectors.Spread) vectors).grid(dims).arguments(scope);
    }

    /** Where the padding before a spatial axis stands. */
    static int before(int axis, int spatial) {
        return 2 * (spatial - 1 - axis);
    }

    private List<NDArray> arguments(PtNDManager scope) {
        return List.of(
                scope.create(apart),
                scope.create(padding),
                scope.create(reaches),
                scope.create(strides),
                scope.create(dilations),
                scope.create(turned ? 1L : 0L));
    }
}
