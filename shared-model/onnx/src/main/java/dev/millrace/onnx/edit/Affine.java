package dev.millrace.onnx.edit;

import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import java.util.Arrays;
import java.util.Optional;

/** {@code y[m] = scale[m]·x[m] + shift[m]} for every channel {@code m}. */
final class Affine {
    private final float[] scale;
    private final float[] shift;

    private Affine(float[] scale, float[] shift) {
        this.scale = scale;
        this.shift = shift;
    }

    /** What a node does to the output of a layer, if it is affine, per channel, and constant. */
    static Optional<Affine> of(Graph graph, Node node, LinearLayer layer) {
        var input = layer.node().output();
        int channels = layer.channels();
        if (node.is("BatchNormalization") && node.input(0).equals(input)) {
            return batchNormalization(graph, node, channels);
        }
        if (node.inputs().size() != 2 || node.input(0).equals(node.input(1))) {
            return Optional.empty();
        }
        int side = node.input(0).equals(input) ? 1 : 0;
        var constant = graph.constant(node.input(side)).flatMap(tensor -> perChannel(tensor, layer));
        if (node.is("Mul")) {
            return constant.map(scale -> new Affine(scale, new float[channels]));
        }
        if (node.is("Add")) {
            return constant.map(Affine::shift);
        }
        if (node.is("Sub") && side == 1) {
            return constant.map(shift -> shift(negated(shift)));
        }
        return Optional.empty();
    }

    /** {@code y[m] = x[m] + shift[m]}. */
    static Affine shift(float[] shift) {
        return new Affine(filled(shift.length, 1), shift);
    }

    private static Optional<Affine> batchNormalization(Graph graph, Node node, int channels) {
        if (node.integer("training_mode", 0) != 0
                || node.integer("spatial", 1) == 0
                || node.outputs().stream().skip(1).anyMatch(output -> !output.isEmpty())) {
            return Optional.empty();
        }
        var parameters = node.inputs().stream()
                .skip(1)
                .flatMap(name -> graph.constant(name).stream())
                .filter(tensor -> tensor.elements() == channels)
                .map(Tensor::floats)
                .toList();
        if (parameters.size() != 4) {
            return Optional.empty();
        }
        var gamma = parameters.get(0);
        var beta = parameters.get(1);
        var mean = parameters.get(2);
        var variance = parameters.get(3);
        double epsilon = node.real("epsilon", 1e-5f);
        var scale = new float[channels];
        var shift = new float[channels];
        for (int m = 0; m < channels; m++) {
            double factor = gamma[m] / Math.sqrt(variance[m] + epsilon);
            scale[m] = (float) factor;
            shift[m] = (float) (beta[m] - factor * mean[m]);
        }
        return Optional.of(new Affine(scale, shift));
    }

    /** A constant that broadcasts along the channel axis only: one number, or {@code (M)} on that axis. */
    private static Optional<float[]> perChannel(Tensor tensor, LinearLayer layer) {
        if (!tensor.type().isFloatingPoint() || tensor.rank() > layer.rank()) {
            return Optional.empty();
        }
        if (tensor.elements() == 1) {
            return Optional.of(filled(layer.channels(), tensor.scalar()));
        }
        int axis = LinearLayer.CHANNEL_AXIS - layer.rank() + tensor.rank();
        boolean fits = tensor.elements() == layer.channels() && axis >= 0 && tensor.dim(axis) == layer.channels();
        return fits ? Optional.of(tensor.floats()) : Optional.empty();
    }

    float scale(int channel) {
        return scale[channel];
    }

    float shift(int channel) {
        return shift[channel];
    }

    boolean isShiftOnly() {
        for (var factor : scale) {
            if (factor != 1) {
                return false;
            }
        }
        return true;
    }

    private static float[] filled(int size, float value) {
        var values = new float[size];
        Arrays.fill(values, value);
        return values;
    }

    private static float[] negated(float[] values) {
        var negated = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            negated[i] = -values[i];
        }
        return negated;
    }
}
