package dev.millrace.training;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.engine.data.Batch;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.gate.ModelGate;
import dev.millrace.stage.StageContext;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Models whose answers are what the student should give: the mean of what they say, logits where they have a Softmax. */
public final class Teachers implements AutoCloseable {
    /** A teacher and the values that answer the student's heads and hints, in that order. */
    private record Teacher(OrtSession session, List<String> answers) {}

    private final List<String> targets;
    private final List<Teacher> teachers = new ArrayList<>();

    private Teachers(List<String> targets) {
        this.targets = targets;
    }

    /** The name of the target that a value of the student has. */
    public static String target(String value) {
        return "teacher of " + value;
    }

    /**
     * Opens models.
     *
     * @param heads of the student
     * @param hints value of the student to value of every teacher
     * @throws RefusedException {@code MODELS_DIFFER} if a teacher has not the student's outputs, all of the model gate's
     */
    public static Teachers open(List<Path> models, List<Head> heads, Map<String, String> hints, StageContext context)
            throws IOException {
        var targets = new ArrayList<>(heads.stream().map(Head::value).toList());
        targets.addAll(hints.keySet());
        var teachers = new Teachers(targets.stream().map(Teachers::target).toList());
        try {
            for (var model : models) {
                teachers.add(model, heads, hints.values(), context);
            }
        } catch (IOException | RuntimeException e) {
            teachers.close();
            throw e;
        }
        return teachers;
    }

    private void add(Path file, List<Head> heads, Collection<String> hints, StageContext context) throws IOException {
        var answers = new ArrayList<String>();
        var own = Head.of(ModelGate.open(file));
        for (int i = 0; i < heads.size(); i++) {
            answers.add(answer(heads.get(i), i, own).value());
        }
        answers.addAll(hints);
        Set<String> observed = new LinkedHashSet<>(answers);
        var session = OrtSession.observing(
                file, observed, context.workDirectory(), SessionSettings.threads(context.threads()));
        teachers.add(new Teacher(session, List.copyOf(answers)));
    }

    /** The teacher's head of the same name, else of the same position. */
    private static Head answer(Head head, int position, List<Head> own) {
        return own.stream()
                .filter(other -> other.output().equals(head.output()))
                .findFirst()
                .or(() -> own.stream().skip(position).findFirst())
                .orElseThrow(() -> new RefusedException(
                        "MODELS_DIFFER",
                        "outputs of the teacher",
                        own.stream().map(Head::output).toList().toString(),
                        "one for the student's '" + head.output() + "'"));
    }

    /** The batch with what the teachers say among its expected values. */
    public Batch answered(Batch batch) {
        var sums = new LinkedHashMap<String, Value>();
        for (var teacher : teachers) {
            try (var outputs = teacher.session.run(feed(batch, teacher.session), teacher.answers)) {
                for (int i = 0; i < targets.size(); i++) {
                    add(sums, targets.get(i), outputs.get(teacher.answers.get(i)));
                }
            }
        }
        return new Batch(batch.feed(), batch.rows(), batch.labels(), batch.rowsPerLabel(), sums, batch.where());
    }

    private void add(Map<String, Value> sums, String target, Value answer) {
        var sum = sums.computeIfAbsent(target, name -> Value.zeros(DataType.FLOAT, answer.dims()));
        if (!Arrays.equals(sum.dims(), answer.dims())) {
            throw new RefusedException(
                    "MODELS_DIFFER", target, answer.describe(), sum.describe() + " as the first teacher says");
        }
        var into = sum.floats();
        var from = answer.floats();
        for (int i = 0; i < into.capacity(); i++) {
            into.put(i, into.get(i) + from.get(i) / teachers.size());
        }
    }

    /** The values of the batch under the names that the teacher has for them, by name, else by position. */
    private static Map<String, Value> feed(Batch batch, OrtSession session) {
        var given = List.copyOf(batch.feed().entrySet());
        var feed = new LinkedHashMap<String, Value>();
        for (int i = 0; i < session.inputs().size(); i++) {
            var input = session.inputs().get(i);
            var value = batch.feed().get(input.name());
            if (value == null && i < given.size()) {
                value = given.get(i).getValue();
            }
            if (value == null) {
                throw new RefusedException(
                        "MODELS_DIFFER",
                        "inputs of the teacher",
                        "'" + input.name() + "'",
                        "the student's " + batch.feed().keySet());
            }
            feed.put(input.name(), value.as(input.type()));
        }
        return feed;
    }

    @Override
    public void close() {
        teachers.forEach(teacher -> teacher.session.close());
    }
}
