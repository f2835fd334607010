package dev.millrace.compilation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.message.Json;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.gate.ModelGate;
import dev.millrace.stage.Option;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The graph as ONNX Runtime rewrites it when it loads a model, written out, so that loading it again is only loading. It
 * holds ONNX Runtime's own operators above level {@code basic} and belongs to its version. The rewrites for one processor's
 * cache lines, which ONNX Runtime adds at level {@code all}, are left to the machine that loads the file: they are quick, and
 * their operators trust their inputs more than a file from elsewhere deserves.
 *
 * <p>Cost: one load, eight runs of both models.
 */
final class OptimizedGraph implements Technique<OptimizedGraph.Options> {
    /** What ONNX Runtime calls its levels. */
    enum Level {
        BASIC,
        EXTENDED
    }

    /** Options. */
    record Options(
            @Option(
                    value = "How far ONNX Runtime rewrites the graph.",
                    defaultValue = "\"extended\"",
                    allowed = "basic stays standard ONNX; extended fuses into operators of ONNX Runtime")
            Level level,

            Agreement agreement) {}

    @Override
    public String name() {
        return "onnx-runtime";
    }

    @Override
    public String summary() {
        return "The graph as ONNX Runtime rewrites it at load, written out.";
    }

    @Override
    public String useWhen() {
        return "Last in a recipe, when ONNX Runtime of the same version will load the model often.";
    }

    @Override
    public Class<Options> options() {
        return Options.class;
    }

    @Override
    public StageResult run(Options options, StageContext context) throws IOException {
        var file = context.workDirectory().resolve("model.onnx");
        context.progress(0.1, "rewriting");
        ModelGate.open(context.model());
        var level = SessionSettings.Optimization.valueOf(options.level().name());
        OrtSession.open(
                        context.model(),
                        SessionSettings.threads(context.threads())
                                .optimization(level)
                                .optimizedModel(file))
                .close();
        context.progress(0.4, "comparing with the model");
        double difference = new SameAnswers(context).largestDifference(file);
        if (!options.agreement().allows(difference)) {
            Files.delete(file);
            Model.read(context.model()).write(file);
        }
        return new StageResult(file, null, report(options, context.model(), file, difference));
    }

    private static Map<String, JsonNode> report(Options options, Path from, Path to, double difference)
            throws IOException {
        var report = new LinkedHashMap<String, JsonNode>();
        report.put("nodes", Json.mapper().valueToTree(NodeCounts.of(from, to)));
        report.put("largestDifference", Json.mapper().valueToTree(difference));
        report.put(
                "loadMillis", Json.mapper().valueToTree(Map.of("before", loadMillis(from), "after", loadMillis(to))));
        var note = !options.agreement().allows(difference)
                ? String.format(
                        Locale.ROOT,
                        "ONNX Runtime's rewriting moves an output by %.2g, more than tolerance=%s: the model stays as it is.",
                        difference,
                        options.agreement().tolerance())
                : "Made for ONNX Runtime of the version that wrote it.";
        report.put("notes", Json.mapper().valueToTree(List.of(note)));
        return report;
    }

    private static double loadMillis(Path model) throws IOException {
        long start = System.nanoTime();
        OrtSession.open(model, SessionSettings.threads(1)).close();
        return (System.nanoTime() - start) / 1e6;
    }
}
