package dev.millrace.nas;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** What makes layers non-linear. */
enum Activation implements NonLinearity {
    RELU("relu") {
        @Override
        public String behind(String x, Layers layers) {
            return layers.behind(x, "Relu", List.of());
        }
    },
    /** {@code x · max(0, min(1, x/6 + 1/2))}. */
    HARD_SWISH("hardSwish") {
        @Override
        public String behind(String x, Layers layers) {
            return layers.behind(x, "HardSwish", List.of());
        }
    },
    /** {@code x · sigmoid(x)}. */
    SILU("silu") {
        @Override
        public String behind(String x, Layers layers) {
            return layers.behind(x, "Mul", List.of(layers.behind(x, "Sigmoid", List.of())));
        }
    },
    /** {@code x · Φ(x)}, by the error function. */
    GELU("gelu") {
        @Override
        public String behind(String x, Layers layers) {
            var scaled = layers.behind(x, "Mul", List.of(layers.scalar((float) Math.sqrt(0.5))));
            var shifted = layers.behind(layers.behind(scaled, "Erf", List.of()), "Add", List.of(layers.scalar(1)));
            var product = layers.behind(x, "Mul", List.of(shifted));
            return layers.behind(product, "Mul", List.of(layers.scalar(0.5f)));
        }
    };

    private final String word;

    Activation(String word) {
        this.word = word;
    }

    static Set<String> words() {
        return Arrays.stream(values()).map(activation -> activation.word).collect(Collectors.toUnmodifiableSet());
    }

    static Activation of(String word) {
        return Arrays.stream(values())
                .filter(activation -> activation.word.equals(word))
                .findFirst()
                .orElseThrow();
    }
}
