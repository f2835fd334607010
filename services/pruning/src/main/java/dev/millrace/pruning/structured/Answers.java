package dev.millrace.pruning.structured;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Value;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ValueInfo;
import dev.millrace.stage.StageContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What a model says on samples, for others to be held against. Memory: the samples and the answers. */
final class Answers {
    private final StageContext context;
    private final List<Map<String, Value>> feeds = new ArrayList<>();
    private final List<Map<String, Value>> answers = new ArrayList<>();

    /** Runs a model. */
    Answers(Subject subject) throws IOException {
        context = subject.context();
        var outputs = subject.graph().outputs().stream()
                .map(ValueInfo::name)
                .filter(name -> subject.graph().producer(name).isPresent())
                .toList();
        try (var samples = Samples.of(subject.file(), outputs, context)) {
            samples.forEach(subject.samples(), shown -> {
                var feed = new LinkedHashMap<String, Value>();
                var answer = new LinkedHashMap<String, Value>();
                shown.forEach((name, value) -> (outputs.contains(name) ? answer : feed).put(name, value.copy()));
                feeds.add(feed);
                answers.add(answer);
            });
        }
    }

    /** How far another model's answers are off: {@code Σ‖y − r‖² / Σ‖r‖²}, the mean over outputs of floating point. */
    double error(Model other) throws IOException {
        var file = Files.createTempFile(context.workDirectory(), "trial", ".onnx");
        try {
            other.write(file);
            return error(file);
        } finally {
            Files.delete(file);
        }
    }

    private double error(Path file) throws IOException {
        var differences = new LinkedHashMap<String, Double>();
        var squares = new LinkedHashMap<String, Double>();
        try (var session = OrtSession.open(file, SessionSettings.threads(context.threads()))) {
            for (int i = 0; i < feeds.size(); i++) {
                try (var outputs = session.run(feeds.get(i))) {
                    answers.get(i).forEach((name, answer) -> {
                        if (answer.type().isFloatingPoint()) {
                            add(outputs.get(name), answer, name, differences, squares);
                        }
                    });
                }
            }
        }
        return differences.entrySet().stream()
                .mapToDouble(entry ->
                        entry.getValue() / Math.max(1e-30, Objects.requireNonNull(squares.get(entry.getKey()))))
                .average()
                .orElse(0);
    }

    private static void add(
            Value found, Value answer, String name, Map<String, Double> differences, Map<String, Double> squares) {
        double difference = 0;
        double square = 0;
        for (int i = 0; i < answer.size(); i++) {
            double expected = answer.number(i);
            difference += Math.pow(found.number(i) - expected, 2);
            square += expected * expected;
        }
        differences.merge(name, difference, Double::sum);
        squares.merge(name, square, Double::sum);
    }
}
