package dev.millrace.training;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.engine.data.Batch;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.gate.ModelGate;
import dev.millrace.stage.ContentKey;
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
import java.util.Optional;
import java.util.Set;

/** Models whose answers are what the student should give: the mean of what they say, logits where they have a Softmax. */
final class Teachers implements Guidance.Answers {
    /** A teacher and the values that answer the student's heads and hints, in that order. */
    private record Teacher(OrtSession session, List<String> answers, Optional<AnswerTape> tape) {
        List<Value> answers(Map<String, Value> feed) throws IOException {
            return tape.isPresent() ? tape.get().answers(feed, () -> ask(feed)) : ask(feed);
        }

        private List<Value> ask(Map<String, Value> feed) {
            try (var outputs = session.run(feed, answers)) {
                return answers.stream().map(name -> outputs.get(name).copy()).toList();
            }
        }
    }

    private final List<String> targets;
    private final List<Teacher> teachers = new ArrayList<>();

    private Teachers(List<String> targets) {
        this.targets = targets;
    }

    /** The name of the target that a value of the student has. */
    static String target(String value) {
        return "teacher of " + value;
    }

    /**
     * Opens models.
     *
     * @param heads of the student
     * @param hints value of the student to value of every teacher
     * @throws RefusedException {@code MODELS_DIFFER} if a teacher has not the student's outputs, all of the model gate's
     */
    static Teachers open(List<Path> models, List<Head> heads, Map<String, String> hints, StageContext context)
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
        var model = ModelGate.open(file);
        var own = Head.of(model);
        for (int i = 0; i < heads.size(); i++) {
            answers.add(answer(heads.get(i), i, own).value());
        }
        answers.addAll(hints);
        Set<String> observed = new LinkedHashSet<>(answers);
        var session = OrtSession.observing(
                file, observed, context.workDirectory(), SessionSettings.threads(context.threads()));
        var tape = context.cache().isPresent()
                ? Optional.of(new AnswerTape(context.cache().get(), digest(file, model, answers, context)))
                : Optional.<AnswerTape>empty();
        teachers.add(new Teacher(session, List.copyOf(answers), tape));
    }

    /** Digest of all that the bits of an answer depend on, but the question. */
    private static byte[] digest(Path file, Model model, List<String> answers, StageContext context)
            throws IOException {
        return new ContentKey()
                .model(file, model.externalFiles())
                .text(answers, context.threads(), OrtSession.version())
                .digest();
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

    @Override
    public Batch answered(Batch batch) throws IOException {
        var sums = new LinkedHashMap<String, Value>();
        for (var teacher : teachers) {
            var answers = teacher.answers(feed(batch, teacher.session));
            for (int i = 0; i < targets.size(); i++) {
                add(sums, targets.get(i), answers.get(i));
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
    public void close() throws IOException {
        for (var teacher : teachers) {
            teacher.session.close();
            if (teacher.tape.isPresent()) {
                teacher.tape.get().close();
            }
        }
    }
}
