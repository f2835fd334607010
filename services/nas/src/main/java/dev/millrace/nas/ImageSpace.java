package dev.millrace.nas;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.Choice;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ValueInfo;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Networks for images: a stem, stages of equal blocks that halve height and width once each, the mean over what is left, and
 * a dense layer.
 */
final class ImageSpace implements SearchSpace {
    private static final String STAGES = "stages";

    private static final List<Knob> KNOBS = List.of(
            Knob.whole(STAGES, "3", 1, 8),
            Knob.whole("stemWidth", "16", 1, 4096),
            Knob.kernel("stemKernel"),
            Knob.whole("stemStride", "1", 1, 4),
            Knob.whole("width", "", 1, 4096).ofEachStage(),
            Knob.number("growth", "2", 0, 8).needs(STAGES, stages -> stages.intValue() > 1),
            Knob.whole("multipleOf", "1", 1, 64),
            Knob.whole("depth", "1", 1, 32).ofEachStage(),
            Knob.kernel("kernel").ofEachStage(),
            Knob.word("block", "\"conv\"", Block.words()).ofEachStage(),
            Knob.whole("expansion", "4", 1, 16)
                    .needs("block", block -> block.textValue().equals("inverted"))
                    .ofEachStage(),
            Knob.word("activation", "\"relu\"", Set.of("relu", "hardSwish", "silu")),
            Knob.word("downsampling", "\"stride\"", Set.of("stride", "max", "average"))
                    .ofEachStage(),
            Knob.flag("skip", "false").ofEachStage(),
            Knob.number("learningRate", "", 0, 10));

    private final Knobs knobs;
    private final Signature signature;
    private final ValueInfo input;

    ImageSpace(JsonNode description, Model model) {
        knobs = new Knobs(description, KNOBS, STAGES);
        signature = Signature.of(model);
        input = signature.image();
        requireHalvable();
    }

    /** Every architecture must have something left to halve at each of its stages. */
    private void requireHalvable() {
        int side = (int) Math.max(dim(2), dim(3));
        int halvings = 0;
        for (int size = (side - 1) / knobs.most("stemStride") + 1; size > 1; size = (size + 1) / 2) {
            halvings++;
        }
        if (knobs.most(STAGES) > halvings) {
            throw new RefusedException(
                    "BAD_KNOB",
                    "space, stages",
                    Integer.toString(knobs.most(STAGES)),
                    "at most " + halvings + ": images of " + dim(2) + " × " + dim(3) + " behind a stem of stride "
                            + knobs.most("stemStride") + " cannot be halved more often");
        }
    }

    private long dim(int axis) {
        return input.shape().orElseThrow().get(axis).size();
    }

    @Override
    public List<Choice> choices() {
        return knobs.choices();
    }

    @Override
    public Architecture settle(Map<String, JsonNode> chosen) {
        return knobs.settle(chosen);
    }

    @Override
    public Model build(Architecture architecture, long seed) {
        var layers = new Layers(seed);
        var activation = Activation.of(architecture.word("activation"));
        var x = layers.model()
                .input(
                        input.name(),
                        DataType.FLOAT,
                        Dimension.symbolic("batch"),
                        Dimension.of(dim(1)),
                        Dimension.of(dim(2)),
                        Dimension.of(dim(3)));
        int channels = architecture.whole("stemWidth");
        x = layers.convolution(
                x, (int) dim(1), channels, architecture.whole("stemKernel"), architecture.whole("stemStride"), 1);
        x = activation.behind(x, layers); // (N, stemWidth, H / stemStride, W / stemStride)
        for (int stage = 0; stage < architecture.whole(STAGES); stage++) {
            int width = width(architecture, stage);
            x = stage(x, channels, width, stage, architecture, layers); // (N, width, H / 2, W / 2)
            channels = width;
        }
        x = layers.behind(x, "GlobalAveragePool", List.of()); // (N, width, 1, 1)
        x = layers.behind(x, "Flatten", List.of()); // (N, width)
        return layers.finished(layers.dense(x, channels, signature.classes()), signature.output(), signature.classes());
    }

    private static int width(Architecture architecture, int stage) {
        double growth = stage == 0 ? 1 : architecture.number("growth");
        double wanted = architecture
                .find("width", stage)
                .map(JsonNode::doubleValue)
                .orElseGet(() -> architecture.whole("stemWidth") * Math.pow(growth, stage));
        int multiple = architecture.whole("multipleOf");
        return (int) Math.max(1, Math.round(wanted / multiple)) * multiple;
    }

    private static String stage(String x, int from, int to, int stage, Architecture architecture, Layers layers) {
        var block = Block.of(architecture.word("block", stage));
        var activation = Activation.of(architecture.word("activation"));
        var downsampling = architecture.word("downsampling", stage);
        if (!downsampling.equals("stride")) {
            x = layers.behind(
                    x,
                    downsampling.equals("max") ? "MaxPool" : "AveragePool",
                    List.of(),
                    Attribute.ints("kernel_shape", 2, 2),
                    Attribute.ints("strides", 2, 2),
                    Attribute.of("ceil_mode", 1));
        }
        int channels = from;
        for (int layer = 0; layer < architecture.whole("depth", stage); layer++) {
            int stride = layer == 0 && downsampling.equals("stride") ? 2 : 1;
            int expansion = architecture
                    .find("expansion", stage)
                    .map(JsonNode::intValue)
                    .orElse(1);
            var shape = new Block.Shape(channels, to, architecture.whole("kernel", stage), stride, expansion);
            var y = block.make(x, shape, activation, layers);
            boolean skips = shape.keepsSize() && architecture.flag("skip", stage);
            x = skips ? layers.behind(x, "Add", List.of(y)) : y;
            channels = to;
        }
        return x;
    }
}
