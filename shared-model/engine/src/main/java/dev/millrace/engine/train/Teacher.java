package dev.millrace.engine.train;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.engine.ValueSpec;
import dev.millrace.engine.data.Batch;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ValueInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * A model whose answers are the targets of another's training. Runs on ONNX Runtime, batch by batch, on the thread that
 * prepares the data.
 */
public final class Teacher implements AutoCloseable {
    private final OrtSession session;
    private final List<String> values;
    private final Path file;

    private Teacher(OrtSession session, List<String> values, Path file) {
        this.session = session;
        this.values = values;
        this.file = file;
    }

    /**
     * Loads a teacher.
     *
     * @param values what to teach, values of the main graph, outputs or inside
     * @param directory for a temporary copy of the model
     */
    public static Teacher open(Model model, List<String> values, int threads, Path directory) throws IOException {
        var copy = model.copy();
        values.stream()
                .filter(value -> !copy.graph().isOutput(value))
                .forEach(value -> copy.graph().addOutput(ValueInfo.untyped(value)));
        var file = Files.createTempFile(directory, "teacher", ".onnx");
        copy.write(file);
        return new Teacher(OrtSession.open(file, SessionSettings.threads(threads)), List.copyOf(values), file);
    }

    /**
     * The value in front of the Softmax that an output may end with, else the output itself: what losses of classes and
     * soft targets are computed from.
     */
    public static String logits(Model model, String output) {
        return model.graph()
                .producer(output)
                .filter(node -> node.is("Softmax") || node.is("LogSoftmax") || node.is("Identity"))
                .map(node -> node.is("Identity") ? logits(model, node.input(0)) : node.input(0))
                .orElse(output);
    }

    /** What the teacher takes; data for its student is opened for these. */
    public List<ValueSpec> inputs() {
        return session.inputs();
    }

    /** The same batches, the teacher's values among what is expected. */
    public TrainingData teaching(TrainingData data) {
        return new TrainingData() {
            @Override
            public Iterable<Batch> epoch(long number) {
                return () -> taught(data.epoch(number).iterator());
            }

            @Override
            public long batches() throws IOException {
                return data.batches();
            }
        };
    }

    private Iterator<Batch> taught(Iterator<Batch> batches) {
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return batches.hasNext();
            }

            @Override
            public Batch next() {
                return taught(batches.next());
            }
        };
    }

    private Batch taught(Batch batch) {
        Map<String, Value> expected = new HashMap<>(batch.expected());
        try (var answers = session.run(batch.feed(), values)) {
            values.forEach(value -> expected.put(value, answers.get(value).copy()));
        }
        return new Batch(batch.feed(), batch.rows(), batch.labels(), batch.rowsPerLabel(), expected, batch.where());
    }

    @Override
    public void close() throws IOException {
        session.close();
        Files.deleteIfExists(file);
    }
}
