package dev.millrace.quantization;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.edit.AffineFolding;
import dev.millrace.onnx.edit.ConstantNodes;
import dev.millrace.onnx.edit.FloatForm;
import dev.millrace.onnx.edit.HardSigmoids;
import dev.millrace.onnx.edit.Identities;
import dev.millrace.onnx.edit.OpsetConverter;
import dev.millrace.onnx.edit.ScaleFolding;
import dev.millrace.onnx.gate.ModelGate;
import java.io.IOException;
import java.nio.file.Path;

/** Models as quantization wants them: checked, weights in initializers, nothing in the way of integer kernels. */
final class PreparedModel {
    /** The first opset in which DequantizeLinear has a scale per channel. */
    private static final long LEAST_OPSET = 13;

    private PreparedModel() {}

    /** Opens a model that the gate lets through, every weight an initializer, at opset 13 or above. */
    static Model open(Path file) throws IOException {
        var model = ModelGate.open(file);
        OpsetConverter.raiseTo(model, LEAST_OPSET);
        ConstantNodes.toInitializers(model);
        return model;
    }

    /**
     * As {@link #open}, a quantized one in float again, with scales and shifts folded into layers: BatchNormalization, constant factors, the parts of hard
     * swish. What is computed stays the same up to rounding.
     */
    static Model openFolded(Path file) throws IOException {
        var model = open(file);
        FloatForm.restore(model);
        Identities.remove(model);
        HardSigmoids.find(model);
        AffineFolding.apply(model);
        ScaleFolding.apply(model);
        return model;
    }

    /** @throws RefusedException {@code NOTHING_TO_QUANTIZE}, always */
    static RefusedException nothingToQuantize(Path file, String allowed) {
        return new RefusedException("NOTHING_TO_QUANTIZE", String.valueOf(file.getFileName()), "no such node", allowed);
    }
}
