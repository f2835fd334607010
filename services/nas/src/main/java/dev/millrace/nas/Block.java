package dev.millrace.nas;

import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

/** What a stage of an image network repeats. */
enum Block {
    /** A dense convolution. */
    CONV("conv") {
        @Override
        String make(String x, Shape shape, NonLinearity activation, Layers layers) {
            var y = layers.convolution(x, shape.from(), shape.to(), shape.kernel(), shape.stride(), 1);
            return activation.behind(y, layers);
        }
    },
    /** A depthwise and a pointwise convolution (Howard et al., "MobileNets", 2017). */
    SEPARABLE("separable") {
        @Override
        String make(String x, Shape shape, NonLinearity activation, Layers layers) {
            var y = layers.convolution(x, shape.from(), shape.from(), shape.kernel(), shape.stride(), shape.from());
            var z = layers.convolution(activation.behind(y, layers), shape.from(), shape.to(), 1, 1, 1);
            return activation.behind(z, layers);
        }
    },
    /** Widened, convolved depthwise, narrowed without activation (Sandler et al., "MobileNetV2", 2018). */
    INVERTED("inverted") {
        @Override
        String make(String x, Shape shape, NonLinearity activation, Layers layers) {
            int wide = shape.from() * shape.expansion();
            var y = activation.behind(layers.convolution(x, shape.from(), wide, 1, 1, 1), layers);
            var z = layers.convolution(y, wide, wide, shape.kernel(), shape.stride(), wide);
            return layers.convolution(activation.behind(z, layers), wide, shape.to(), 1, 1, 1);
        }
    };

    /** Channels in and out, and the rest. */
    record Shape(int from, int to, int kernel, int stride, int expansion) {}

    private final String word;

    Block(String word) {
        this.word = word;
    }

    /**
     * Adds the block.
     *
     * @param x {@code (N, from, H, W)}
     * @return {@code (N, to, ⌈H / stride⌉, ⌈W / stride⌉)}
     */
    abstract String make(String x, Shape shape, NonLinearity activation, Layers layers);

    /** Whether the expansion matters. */
    boolean widens() {
        return this == INVERTED;
    }

    static Set<String> words() {
        return Arrays.stream(values()).map(block -> block.word).collect(Collectors.toUnmodifiableSet());
    }

    static Block of(String word) {
        return Arrays.stream(values())
                .filter(block -> block.word.equals(word))
                .findFirst()
                .orElseThrow();
    }
}
