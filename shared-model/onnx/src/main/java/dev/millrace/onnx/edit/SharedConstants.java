package dev.millrace.onnx.edit;

import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Keeps equal initializers of a graph once: exporters write the same table and the same shape many times. */
public final class SharedConstants {
    /** Type, dims and the digest of the bytes: tensors that differ in it differ. */
    private record Key(DataType type, List<Long> dims, int digest) {
        static Key of(Tensor tensor) {
            return new Key(
                    tensor.type(),
                    Arrays.stream(tensor.dims()).boxed().toList(),
                    tensor.bytes().hashCode());
        }
    }

    private SharedConstants() {}

    /**
     * Lets all readers of equal initializers read one of them. Inputs of a graph are only defaults and stay.
     *
     * @return number of initializers gone
     */
    public static int share(Model model) {
        return model.graph().graphs().toList().stream()
                .mapToInt(SharedConstants::share)
                .sum();
    }

    private static int share(Graph graph) {
        Map<Key, Tensor> kept = new HashMap<>();
        int gone = 0;
        for (var tensor : List.copyOf(graph.initializers())) {
            if (graph.isInput(tensor.name()) || graph.isOutput(tensor.name()) || tensor.type() == DataType.STRING) {
                continue;
            }
            var first = kept.putIfAbsent(Key.of(tensor), tensor);
            if (first != null && first.bytes().equals(tensor.bytes())) {
                graph.replaceUses(tensor.name(), first.name());
                graph.removeInitializer(tensor.name());
                gone++;
            }
        }
        return gone;
    }
}
