package dev.millrace.factorization;

import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.Node;
import java.util.Arrays;
import java.util.Optional;

/** Convolutions that take part in the place of another. */
final class Convolutions {
    private Convolutions() {}

    /** Why a layer is no convolution with a kernel of this many axes that are longer than 1; empty if it is. */
    static Optional<String> obstacle(Layer layer, int longAxes) {
        if (!layer.isConv()) {
            return Optional.of("it is no convolution");
        }
        var kernel = kernel(layer);
        long longer = Arrays.stream(kernel).filter(size -> size > 1).count();
        return longer < longAxes ? Optional.of("its kernel is " + spelled(kernel)) : Optional.empty();
    }

    private static String spelled(long[] kernel) {
        return String.join("×", Arrays.stream(kernel).mapToObj(Long::toString).toList());
    }

    /** Sizes of the kernel, {@code (kh, kw)} of a picture. */
    static long[] kernel(Layer layer) {
        var dims = layer.weight().dims();
        return Arrays.copyOfRange(dims, 2, dims.length);
    }

    /** Dims of a 1×1 kernel with as many axes as the layer's. */
    static long[] pointwise(Layer layer, long outputs, long inputs) {
        var dims = layer.weight().dims();
        Arrays.fill(dims, 1);
        dims[0] = outputs;
        dims[1] = inputs;
        return dims;
    }

    /** The first of several: another weight and output, no bias. */
    static Node first(Node node, String weight, String output) {
        return node.withName(output).withInputs(node.input(0), weight).withOutputs(output);
    }

    /** The same without stride, pads and dilation. */
    static Node plain(Node node, long... kernel) {
        return node.without("strides", "pads", "dilations", "auto_pad").with(Attribute.ints("kernel_shape", kernel));
    }
}
