package dev.millrace.training;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.ValueSpec;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.SparseTensor;
import dev.millrace.onnx.gate.ModelGate;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * The model to train.
 *
 * @param file where it lies untrained
 * @param model what is trained
 * @param inputs what it takes
 * @param sparse names of the tensors that the file stores by their non-zero elements, by graph
 * @param finished what is written in place of the trained model
 */
public record Student(
        Path file,
        Model model,
        List<Head> heads,
        List<ValueSpec> inputs,
        Map<Graph, List<String>> sparse,
        UnaryOperator<Model> finished) {
    /** @throws dev.millrace.message.RefusedException if the model is hostile, does not run, or has nothing to train */
    public static Student open(Path file) throws IOException {
        var model = ModelGate.open(file);
        var sparse = new LinkedHashMap<Graph, List<String>>();
        model.graphs()
                .forEach(graph -> sparse.put(
                        graph,
                        graph.sparseInitializers().stream()
                                .map(SparseTensor::name)
                                .toList()));
        try (var session = OrtSession.open(file, SessionSettings.threads(1))) {
            return new Student(file, model, Head.of(model), session.inputs(), sparse, UnaryOperator.identity());
        }
    }

    /**
     * A student that is trained in one form and written in another.
     *
     * @param file with the same inputs and outputs
     * @param model to train; operators that only training knows are allowed
     * @param finished makes the model that ONNX Runtime runs, after any number of steps of training or none
     */
    public static Student rewritten(Path file, Model model, UnaryOperator<Model> finished) throws IOException {
        try (var session = OrtSession.open(file, SessionSettings.threads(1))) {
            return new Student(file, model, Head.of(model), session.inputs(), Map.of(), finished);
        }
    }

    /**
     * Rows of a batch: what the model insists on, else what is wanted.
     *
     * @param wanted rows for a model that takes any number
     */
    public int rows(int wanted) {
        return fixedRows() ? (int) inputs.get(0).dims().get(0).size() : wanted;
    }

    /** Whether the model takes batches of one size only. */
    public boolean fixedRows() {
        return !inputs.isEmpty()
                && inputs.get(0).rank() > 0
                && inputs.get(0).dims().get(0).isFixed();
    }

    /** Writes the model; what was stored by its non-zero elements is again, where that is still smaller. */
    public void write(Path to) throws IOException {
        sparse.forEach((graph, names) -> names.forEach(name -> graph.constant(name)
                .map(SparseTensor::of)
                .filter(SparseTensor::pays)
                .ifPresent(graph::put)));
        finished.apply(model).write(to);
    }
}
