package dev.millrace.quantization;

import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.TensorData;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * An LSTM as ONNX Runtime's {@code com.microsoft.DynamicQuantizeLSTM}, which computes its products in 8 bits.
 *
 * @param input weights {@code (directions, 4·hidden, input)}
 * @param recurrent weights {@code (directions, 4·hidden, hidden)}
 */
record DynamicLstm(Node node, Tensor input, Tensor recurrent) {
    private static final int INPUTS = 8;

    /** Empty unless the node is an LSTM with constant weights. */
    static Optional<DynamicLstm> of(Graph graph, Node node) {
        if (!node.is("LSTM") || node.integer("layout", 0) != 0 || node.integer("input_forget", 0) != 0) {
            return Optional.empty();
        }
        var w = graph.constant(node.input(1)).filter(DynamicLstm::isWeight);
        var r = graph.constant(node.input(2)).filter(DynamicLstm::isWeight);
        return w.isPresent() && r.isPresent() ? Optional.of(new DynamicLstm(node, w.get(), r.get())) : Optional.empty();
    }

    private static boolean isWeight(Tensor tensor) {
        return tensor.type() == DataType.FLOAT && tensor.rank() == 3;
    }

    /** Puts the quantized node in place of the LSTM. */
    void replace(Graph graph) {
        var inputs = new ArrayList<String>();
        for (int i = 0; i < INPUTS; i++) {
            inputs.add(node.input(i));
        }
        var parameters = new ArrayList<String>();
        inputs.set(1, store(graph, input, parameters));
        inputs.set(2, store(graph, recurrent, parameters));
        inputs.addAll(parameters);
        graph.replace(
                node,
                node.withType("DynamicQuantizeLSTM")
                        .withDomain("com.microsoft")
                        .withInputs(inputs)
                        .without("layout"));
    }

    /** Stores {@code (directions, width, 4·hidden)}, transposed, with one scale for each direction. */
    private static String store(Graph graph, Tensor weight, List<String> parameters) {
        int directions = (int) weight.dim(0);
        int rows = (int) weight.dim(1);
        int columns = (int) weight.dim(2);
        var quantized = Int8Weight.of(weight, 0, doubled(weight));
        var data = TensorData.computed(() -> turned(quantized.values().bytes(), directions, rows, columns));
        var name = quantized.values().name();
        graph.put(Tensor.of(name, DataType.INT8, data, directions, columns, rows));
        graph.put(Tensor.floats(name + "_scale", quantized.scales(), directions));
        graph.put(Tensor.bytes(name + "_zero_point", DataType.INT8, new byte[directions], directions));
        parameters.addAll(List.of(name + "_scale", name + "_zero_point"));
        return name;
    }

    /** Scales at which the sum of any two products fits 16 bits, one for each direction. */
    private static float[] doubled(Tensor weight) {
        var exact = Int8Weight.of(weight, 0, new float[0]).scales();
        for (int i = 0; i < exact.length; i++) {
            exact[i] *= 2;
        }
        return exact;
    }

    private static ByteBuffer turned(ByteBuffer values, int directions, int rows, int columns) {
        var turned = ByteBuffer.allocate(directions * rows * columns);
        for (int d = 0; d < directions; d++) {
            for (int r = 0; r < rows; r++) {
                for (int c = 0; c < columns; c++) {
                    turned.put((d * columns + c) * rows + r, values.get((d * rows + r) * columns + c));
                }
            }
        }
        return turned;
    }
}
