package dev.millrace.compilation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.ConstantFolding;
import dev.millrace.message.Json;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.edit.AffineFolding;
import dev.millrace.onnx.edit.ConstantNodes;
import dev.millrace.onnx.edit.Identities;
import dev.millrace.onnx.edit.Rearrangements;
import dev.millrace.onnx.edit.RepeatedNodes;
import dev.millrace.onnx.edit.ScaleFolding;
import dev.millrace.onnx.edit.SharedConstants;
import dev.millrace.onnx.gate.ModelGate;
import dev.millrace.stage.Option;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Cleans a graph up in standard ONNX, so that every runtime gains: constants computed ({@link ConstantFolding}), scales and
 * shifts folded into layers ({@link AffineFolding}, {@link ScaleFolding}), Identity and Dropout removed, consecutive
 * Transposes, Reshapes and Casts made one, equal constants stored and equal nodes computed once, dead nodes dropped; until
 * nothing changes.
 *
 * <p>Folding into layers rounds otherwise. Where that moves an answer further than {@code tolerance}, the result is made
 * without it; where even that differs, the model stays as it is. Cost: a few passes over the graph, eight runs.
 */
final class Portable implements Technique<Portable.Options> {
    private static final int MOST_PASSES = 8;

    /** Options. */
    record Options(
            @Option(
                    value = "Fold BatchNormalization, and Mul and Add with constants, into the layers beside them.",
                    defaultValue = "true")
            boolean fuse,

            Agreement agreement) {}

    @Override
    public String name() {
        return "portable";
    }

    @Override
    public String summary() {
        return "The same function in fewer nodes, in standard ONNX that every runtime reads.";
    }

    @Override
    public String useWhen() {
        return "First or last in a recipe, when an exporter has left constants, normalizations and copies in the graph.";
    }

    @Override
    public Class<Options> options() {
        return Options.class;
    }

    @Override
    public StageResult run(Options options, StageContext context) throws IOException {
        var file = context.workDirectory().resolve("model.onnx");
        var answers = new SameAnswers(context);
        var notes = new ArrayList<String>();
        for (boolean fuse : options.fuse() ? List.of(true, false) : List.of(false)) {
            context.progress(fuse ? 0.1 : 0.6, fuse ? "folding and fusing" : "folding");
            var gone = clean(context.model(), file, fuse, context.workDirectory());
            double difference = answers.largestDifference(file);
            if (options.agreement().allows(difference)) {
                return new StageResult(file, null, report(context.model(), file, gone, difference, notes));
            }
            notes.add(String.format(
                    Locale.ROOT,
                    "%s moves an output by %.2g, more than tolerance=%s, and was not done.",
                    fuse ? "Folding into layers" : "Even folding constants alone",
                    difference,
                    options.agreement().tolerance()));
        }
        Model.read(context.model()).write(file);
        return new StageResult(file, null, report(context.model(), file, Map.of(), 0, notes));
    }

    /** Writes a model cleaned up, and returns how much of what is gone. */
    private static Map<String, Integer> clean(Path from, Path to, boolean fuse, Path directory) throws IOException {
        var model = ModelGate.open(from);
        var gone = new LinkedHashMap<String, Integer>();
        ConstantNodes.toInitializers(model);
        for (int pass = 0; pass < MOST_PASSES; pass++) {
            int before = gone.values().stream().mapToInt(Integer::intValue).sum();
            gone.merge("constantsComputed", ConstantFolding.apply(model, directory), Integer::sum);
            gone.merge("identities", Identities.remove(model), Integer::sum);
            gone.merge("rearrangements", Rearrangements.merge(model), Integer::sum);
            gone.merge("sharedConstants", SharedConstants.share(model), Integer::sum);
            gone.merge("repeated", RepeatedNodes.merge(model), Integer::sum);
            if (fuse) {
                gone.merge("foldedIntoLayers", AffineFolding.apply(model) + ScaleFolding.apply(model), Integer::sum);
            }
            gone.merge("dead", model.graph().removeDead(), Integer::sum);
            if (gone.values().stream().mapToInt(Integer::intValue).sum() == before) {
                break;
            }
        }
        model.write(to);
        return gone;
    }

    private static Map<String, JsonNode> report(
            Path from, Path to, Map<String, Integer> gone, double difference, List<String> notes) throws IOException {
        if (notes.isEmpty() && gone.values().stream().allMatch(count -> count == 0)) {
            notes.add("There was nothing to clean up.");
        }
        var report = new LinkedHashMap<String, JsonNode>();
        report.put("nodes", Json.mapper().valueToTree(NodeCounts.of(from, to)));
        report.put("gone", Json.mapper().valueToTree(gone));
        report.put("largestDifference", Json.mapper().valueToTree(difference));
        report.put("notes", Json.mapper().valueToTree(notes));
        return report;
    }
}
