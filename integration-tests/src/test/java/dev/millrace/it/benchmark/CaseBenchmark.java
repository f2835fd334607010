package dev.millrace.it.benchmark;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.Json;
import dev.millrace.message.RefusedException;
import dev.millrace.stage.LocalData;
import dev.millrace.stage.StageResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Runs every case of a directory, a folder each with {@code model.onnx}, {@code inputs.npz} and {@code expect.json}, and says
 * what is right and what is not; the results are kept for other checkers. Exit status 1 if anything is wrong.
 *
 * <pre>{@code
 * CaseBenchmark cases results
 * }</pre>
 */
public final class CaseBenchmark {
    private final Path folder;
    private final Path results;
    private final CaseExpectation expected;
    private final Optional<LocalData> data;

    private CaseBenchmark(Path folder, Path results) throws IOException {
        this.folder = folder;
        this.results = results;
        expected = Json.mapper().readValue(folder.resolve("expect.json").toFile(), CaseExpectation.class);
        data = Optional.of(new LocalData(folder.resolve("inputs.npz"), null, Map.of()));
    }

    public static void main(String[] arguments) throws IOException {
        var results = Files.createDirectories(Path.of(arguments[1]));
        int wrong = 0;
        for (var folder : folders(Path.of(arguments[0]))) {
            var name = folder.getFileName().toString();
            var one = new CaseBenchmark(folder, results);
            var operations = CaseOperation.of(name);
            if (operations.isEmpty()) {
                System.out.printf("-     %s: no technique yet for: %s%n", name, one.expected.operation());
            }
            for (int i = 0; i < operations.size(); i++) {
                wrong += one.run(operations.get(i), name + (i == 0 ? "" : "-" + i)) ? 0 : 1;
            }
        }
        System.exit(wrong == 0 ? 0 : 1);
    }

    private static List<Path> folders(Path cases) throws IOException {
        try (var files = Files.list(cases)) {
            return files.filter(file -> Files.exists(file.resolve("expect.json")))
                    .sorted()
                    .toList();
        }
    }

    private boolean run(CaseOperation operation, String title) throws IOException {
        List<String> faults;
        var figures = "";
        try {
            var check = operation.stage().equals("evaluation") ? evaluated(operation) : compressed(operation, title);
            faults = check.faults();
            figures = check.figures();
        } catch (RefusedException e) {
            faults = List.of(String.valueOf(e.getMessage()));
        }
        System.out.printf("%s %s, %s: %s%n", faults.isEmpty() ? "ok   " : "WRONG", title, operation, figures);
        faults.forEach(fault -> System.out.println("      " + fault));
        return faults.isEmpty();
    }

    private Path original() {
        return folder.resolve("model.onnx");
    }

    private CaseCheck compressed(CaseOperation operation, String title) throws IOException {
        var work = Files.createTempDirectory("case");
        var first = execute(operation, original(), Files.createDirectory(work.resolve("first")));
        var second = execute(operation, original(), Files.createDirectory(work.resolve("second")));
        var file = results.resolve(title + ".onnx");
        Files.deleteIfExists(file);
        Files.copy(Objects.requireNonNull(first.model()), file);
        var check = new CaseCheck(expected, original(), file).files();
        check.require("same bytes twice", Files.mismatch(file, second.model()) < 0, "different bytes");
        long rows = check.outputs(
                CaseCheck.masked(original(), expected.mask(), work),
                data.orElseThrow().path());
        if (expected.splitRows()) {
            var samples = first.report().get("calibrationSamples");
            check.require("all " + rows + " rows used", samples.longValue() == rows && rows > 1, samples);
        }
        return check;
    }

    /** Compares the original with what the case's first operation made of it. */
    private CaseCheck evaluated(CaseOperation operation) throws IOException {
        var candidate = results.resolve(folder.getFileName() + ".onnx");
        var check = new CaseCheck(expected, original(), candidate);
        long rows = check.outputs(original(), data.orElseThrow().path());
        var evaluation = Objects.requireNonNull(
                execute(operation, candidate, Files.createTempDirectory("case")).evaluation());
        check.require("all " + rows + " rows used", evaluation.samples() == rows && rows > 1, evaluation.samples());
        check.atMost("reported error", evaluation.fidelity().get("relativeError"), expected.maxError());
        return check;
    }

    private StageResult execute(CaseOperation operation, Path model, Path work) throws IOException {
        Map<String, JsonNode> options = Json.mapper().readValue(operation.options(), new TypeReference<>() {});
        return new BenchmarkTask(model, Optional.of(original()), role -> data, 1, work)
                .run(operation.stage(), operation.technique(), options);
    }
}
