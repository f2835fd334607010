package dev.millrace.factorization.coding;

import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Tensor;

/** How coded weights are written. */
enum Storage {
    /** As indices, tables and nodes that make the weights. */
    GATHER {
        @Override
        void write(Graph graph, CodableWeight weight, Code code) {
            Decoding.packed(graph).write(weight, code);
        }
    },

    /** As plain weights, which have few different values or runs. */
    EXPANDED {
        @Override
        void write(Graph graph, CodableWeight weight, Code code) {
            var tensor = weight.tensor();
            graph.put(Tensor.floats(tensor.name(), tensor.type(), code.values(), tensor.dims()));
        }
    };

    abstract void write(Graph graph, CodableWeight weight, Code code);
}
