package dev.millrace.nas;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ValueInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A network for images in the making, of one architecture or of a blend of several. Where a knob has several values, what
 * each would do stands side by side, and the shares weigh it: operations may be blended, sizes may not.
 */
final class ImageNetwork {
    private static final String EXPANSION = "expansion";

    private final Architecture sizes;
    private final Blend blend;
    private final ValueInfo input;
    private final Signature signature;
    private final Layers layers;
    private final NonLinearity activation;

    ImageNetwork(Architecture architecture, ValueInfo input, Signature signature, Layers layers) {
        this(architecture, architecture, input, signature, layers);
    }

    /**
     * @param sizes says all that is not blended
     * @param input {@code (batch, channels, height, width)}
     */
    ImageNetwork(Architecture sizes, Blend blend, ValueInfo input, Signature signature, Layers layers) {
        this.sizes = sizes;
        this.blend = blend;
        this.input = input;
        this.signature = signature;
        this.layers = layers;
        activation = (x, made) -> sum(
                blend.parts("activation"),
                part -> Activation.of(part.value().textValue()).behind(x, made));
    }

    Model build() {
        var x = layers.model().input(input.name(), DataType.FLOAT, Dimension.symbolic("batch"), dim(1), dim(2), dim(3));
        int channels = sizes.whole("stemWidth");
        int colours = (int) dim(1).size();
        x = layers.convolution(x, colours, channels, sizes.whole("stemKernel"), sizes.whole("stemStride"), 1);
        x = activation.behind(x, layers); // (N, stemWidth, H / stemStride, W / stemStride)
        for (int stage = 0; stage < sizes.whole("stages"); stage++) {
            int width = width(stage);
            x = stage(x, channels, width, stage); // (N, width, H / 2, W / 2)
            channels = width;
        }
        x = layers.behind(x, "GlobalAveragePool", List.of()); // (N, width, 1, 1)
        x = layers.behind(x, "Flatten", List.of()); // (N, width)
        return layers.finished(layers.dense(x, channels, signature.classes()), signature.output(), signature.classes());
    }

    private Dimension dim(int axis) {
        return input.shape().orElseThrow().get(axis);
    }

    private int width(int stage) {
        double growth = stage == 0 ? 1 : sizes.number("growth");
        double wanted = sizes.find("width", stage)
                .map(JsonNode::doubleValue)
                .orElseGet(() -> sizes.whole("stemWidth") * Math.pow(growth, stage));
        int multiple = sizes.whole("multipleOf");
        return (int) Math.max(1, Math.round(wanted / multiple)) * multiple;
    }

    private String stage(String before, int from, int to, int stage) {
        var x = sum(
                blend.parts("downsampling", stage),
                downsampling ->
                        halved(before, from, to, stage, downsampling.value().textValue()));
        var depths = blend.parts("depth", stage);
        int deepest = depths.stream()
                .mapToInt(depth -> depth.value().intValue())
                .max()
                .orElseThrow();
        for (int layer = 1; layer < deepest; layer++) {
            int shallower = layer;
            var around = x;
            var y = skipping(around, block(around, to, to, 1, stage), stage);
            x = gated(around, y, depths, depth -> depth.value().intValue() > shallower);
        }
        return x;
    }

    /** The first layer of a stage, behind a pooling where that halves the picture. */
    private String halved(String x, int from, int to, int stage, String downsampling) {
        if (downsampling.equals("stride")) {
            return block(x, from, to, 2, stage);
        }
        var pooled = layers.behind(
                x,
                downsampling.equals("max") ? "MaxPool" : "AveragePool",
                List.of(),
                Attribute.ints("kernel_shape", 2, 2),
                Attribute.ints("strides", 2, 2),
                Attribute.of("ceil_mode", 1));
        var y = block(pooled, from, to, 1, stage);
        return from == to ? skipping(pooled, y, stage) : y;
    }

    private String block(String x, int from, int to, int stride, int stage) {
        return sum(
                blend.parts("block", stage),
                block -> sum(blend.parts("kernel", stage), kernel -> {
                    var kind = Block.of(block.value().textValue());
                    int size = kernel.value().intValue();
                    var expansions = kind.widens() ? blend.parts(EXPANSION, stage) : List.<Blend.Part>of();
                    return expansions.isEmpty()
                            ? kind.make(x, new Block.Shape(from, to, size, stride, 1), activation, layers)
                            : sum(expansions, expansion -> {
                                int times = expansion.value().intValue();
                                return kind.make(x, new Block.Shape(from, to, size, stride, times), activation, layers);
                            });
                }));
    }

    /** {@code y}, and what goes around it where the stage skips. */
    private String skipping(String around, String y, int stage) {
        var skips = shares(blend.parts("skip", stage), skip -> skip.value().booleanValue());
        return skips.map(share -> layers.behind(scaled(around, share), "Add", List.of(y)))
                .orElse(y);
    }

    /** {@code y} by the share of the parts that want it, and {@code around} by the rest. */
    private String gated(String around, String y, List<Blend.Part> parts, Predicate<Blend.Part> wanting) {
        var with = shares(parts, wanting);
        var without = shares(parts, wanting.negate());
        if (without.isEmpty()) {
            return y;
        }
        return layers.behind(scaled(around, without.get()), "Add", List.of(scaled(y, with.orElseThrow())));
    }

    /** The sum of the shares of those parts, empty text if it is all; empty if there is no such part. */
    private Optional<String> shares(List<Blend.Part> parts, Predicate<Blend.Part> wanted) {
        @Nullable String sum = null;
        for (var part : parts) {
            if (wanted.test(part)) {
                sum = sum == null ? part.share() : layers.behind(sum, "Add", List.of(part.share()));
            }
        }
        return Optional.ofNullable(sum);
    }

    private String sum(List<Blend.Part> parts, Function<Blend.Part, String> made) {
        var terms = new ArrayList<String>();
        for (var part : parts) {
            terms.add(scaled(made.apply(part), part.share()));
        }
        @Nullable String sum = null;
        for (var term : terms) {
            sum = sum == null ? term : layers.behind(sum, "Add", List.of(term));
        }
        return Objects.requireNonNull(sum);
    }

    private String scaled(String x, String share) {
        return share.isEmpty() ? x : layers.behind(x, "Mul", List.of(share));
    }
}
