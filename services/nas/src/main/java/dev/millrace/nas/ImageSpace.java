package dev.millrace.nas;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.Choice;
import dev.millrace.message.RefusedException;
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
        return new ImageNetwork(architecture, input, signature, new Layers(seed)).build();
    }

    /** All architectures at once. */
    Mixture mixture(long seed) {
        return new Mixture(choices(), settle(Mixture.largest(choices())), input, signature, seed);
    }
}
