package dev.millrace.compilation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.message.Json;
import dev.millrace.message.RefusedException;
import dev.millrace.message.RequestRules;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.gate.ModelGate;
import dev.millrace.stage.Option;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Target;
import dev.millrace.stage.Technique;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The graph as ONNX Runtime rewrites it when it loads a model, written out, so that loading it again is only loading. It
 * holds ONNX Runtime's own operators above level {@code basic} and belongs to its version. The target, this machine, is
 * recorded in the model ({@link Target}); an evaluation elsewhere says what differs.
 *
 * <p>Beside it the same in ORT format, on request: the file that runtimes without a reader of ONNX load, as on phones, and that
 * may be at level {@code all}, with layouts for this processor's vector width. The ONNX file itself is never at that level: its
 * operators trust their inputs more than a file from elsewhere deserves, so that no stage would take it.
 *
 * <p>Cost: one load for each file, eight runs of the model and of each file.
 */
final class OptimizedGraph implements Technique<OptimizedGraph.Options> {
    private static final String ORT_FILE = "model.ort";
    private static final String WHERE = "compilation:onnx-runtime, target";

    /** What ONNX Runtime calls its levels. */
    enum Level {
        BASIC,
        EXTENDED
    }

    /** The same for a file in ORT format. */
    enum OrtLevel {
        NONE,
        BASIC,
        EXTENDED,
        ALL
    }

    /** Options. */
    record Options(
            @Option(
                    value = "How far ONNX Runtime rewrites the graph.",
                    defaultValue = "\"extended\"",
                    allowed = "basic stays standard ONNX; extended fuses into operators of ONNX Runtime")
            Level level,

            @Option(
                    value = "Level of a file in ORT format, model.ort, that is written beside the model.",
                    defaultValue = "\"none\"",
                    allowed = "none writes none; all is for processors of this machine's kind only")
            OrtLevel ort,

            @Option(
                    value =
                            "Name of the kind of machine that this is made on and for; null for the target of the request,"
                                    + " else here.",
                    defaultValue = "null",
                    allowed = "1 to 100 characters; one that starts with an architecture must be of this machine's")
            @Nullable
            String target,

            Agreement agreement) {
        Options {
            if (target != null && (target.isEmpty() || target.length() > RequestRules.LONGEST_TARGET)) {
                throw new IllegalArgumentException("target of " + target.length() + " characters");
            }
        }

        private Target target(StageContext context) {
            var asked = context.target().orElse(null);
            if (target != null && asked != null && !target.equals(asked)) {
                throw new RefusedException(
                        "OTHER_TARGET",
                        WHERE,
                        target,
                        "the request's target, '" + asked + "', or no target of its own");
            }
            var name = target != null ? target : asked != null ? asked : "here";
            return Target.here(name, context.threads(), OrtSession.version()).require(WHERE);
        }
    }

    @Override
    public String name() {
        return "onnx-runtime";
    }

    @Override
    public String summary() {
        return "The graph as ONNX Runtime rewrites it at load, written out; also in ORT format.";
    }

    @Override
    public String useWhen() {
        return "Last in a recipe, when ONNX Runtime of the same version will load the model often, or cannot read ONNX.";
    }

    @Override
    public Class<Options> options() {
        return Options.class;
    }

    @Override
    public boolean belongsToMachine(Options options) {
        return true;
    }

    @Override
    public StageResult run(Options options, StageContext context) throws IOException {
        var file = context.workDirectory().resolve("model.onnx");
        var target = options.target(context);
        var report = new LinkedHashMap<String, JsonNode>();
        var notes = new ArrayList<String>();
        context.progress(0.1, "rewriting");
        ModelGate.open(context.model());
        rewrite(context, SessionSettings.Optimization.valueOf(options.level().name()), file);
        context.progress(0.3, "comparing with the model");
        double difference = new SameAnswers(context).largestDifference(file);
        if (options.agreement().allows(difference)) {
            var written = Model.read(file);
            written.setMetadata(Target.KEY, target.toJson());
            var named = context.workDirectory().resolve("named.onnx");
            written.write(named);
            file = named;
            notes.add("Made for " + target + ".");
        } else {
            Files.delete(file);
            Model.read(context.model()).write(file);
            notes.add(tooFar("ONNX Runtime's rewriting", difference, options) + ": the model stays as it is.");
        }
        report.put("nodes", json(NodeCounts.of(context.model(), file)));
        report.put("largestDifference", json(difference));
        report.put("loadMillis", json(Map.of("before", loadMillis(context.model()), "after", loadMillis(file))));
        report.put("target", json(target));
        var beside = options.ort() == OrtLevel.NONE ? List.<String>of() : ort(options, context, report, notes);
        report.put("notes", json(notes));
        return new StageResult(file, beside, null, report);
    }

    /** Writes the file in ORT format, and returns its name if it answers as the model does. */
    private static List<String> ort(
            Options options, StageContext context, Map<String, JsonNode> report, List<String> notes)
            throws IOException {
        var file = context.workDirectory().resolve(ORT_FILE);
        context.progress(0.6, "writing ORT format");
        rewrite(context, SessionSettings.Optimization.valueOf(options.ort().name()), file);
        double difference = new SameAnswers(context).largestDifference(file);
        if (!options.agreement().allows(difference)) {
            notes.add(tooFar(ORT_FILE, difference, options) + ": it was not kept.");
            return List.of();
        }
        report.put(
                "ort",
                json(Map.of(
                        "level", options.ort().name().toLowerCase(Locale.ROOT),
                        "sizeBytes", Files.size(file),
                        "loadMillis", loadMillis(file),
                        "largestDifference", difference)));
        if (options.ort() == OrtLevel.ALL) {
            notes.add(ORT_FILE + " has layouts for this processor: it belongs to machines of its kind.");
        }
        return List.of(ORT_FILE);
    }

    /** ONNX Runtime takes the format from the name of the file. */
    private static void rewrite(StageContext context, SessionSettings.Optimization level, Path file)
            throws IOException {
        var settings = SessionSettings.threads(context.threads()).optimization(level);
        OrtSession.open(context.model(), settings.optimizedModel(file)).close();
    }

    private static String tooFar(String what, double difference, Options options) {
        return String.format(
                Locale.ROOT,
                "%s moves an output by %.2g, more than tolerance=%s",
                what,
                difference,
                options.agreement().tolerance());
    }

    private static JsonNode json(Object value) {
        return Json.mapper().valueToTree(value);
    }

    private static double loadMillis(Path model) throws IOException {
        long start = System.nanoTime();
        OrtSession.open(model, SessionSettings.threads(1)).close();
        return (System.nanoTime() - start) / 1e6;
    }
}
