package dev.millrace.orchestrator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.millrace.message.AutoBudget;
import dev.millrace.message.Catalogue;
import dev.millrace.message.Choice;
import dev.millrace.message.CompressionRequested;
import dev.millrace.message.Json;
import dev.millrace.message.RefusedException;
import dev.millrace.message.SearchPlan;
import dev.millrace.message.StageStep;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The recipes that {@code auto} tries: at most one technique for each part, in the order prune, factorize, distill, quantize.
 * Other orders are left out because they undo each other: what is quantized can no longer be trained, and a layer that was
 * split into two has no channels of its own.
 */
final class RecipeSpace {
    private static final TextNode NONE = TextNode.valueOf("none");

    /** One technique at one strength, in the order in which it is probed. A new technique is one line. */
    private static final List<Entry> ENTRIES = List.of(
            entry("prune", "pruning:structured", Map.of("amount", 0.25), "training"),
            entry("prune", "pruning:structured", Map.of("amount", 0.5), "training"),
            entry("prune", "pruning:structured", Map.of("amount", 0.7), "training"),
            entry("factorize", "factorization:svd", Map.of("keep", 0.75)),
            entry("factorize", "factorization:svd", Map.of("keep", 0.5)),
            entry("factorize", "factorization:svd", Map.of("keep", 0.3)),
            entry("distill", "distillation:distill", Map.of(), "training"),
            entry("quantize", "quantization:static-int8", Map.of(), "calibration"),
            entry("quantize", "quantization:dynamic-int8", Map.of()),
            entry("quantize", "quantization:weight-only", Map.of("bits", 4)),
            entry("quantize", "quantization:qat", Map.of("weightBits", 4), "training"),
            entry("quantize", "quantization:float16", Map.of()));

    /** Parts whose entries grow stronger. */
    private static final Set<String> ORDERED = Set.of("prune", "factorize");

    private static final int TRIALS_WITHOUT_LIMIT = 100;

    private RecipeSpace() {}

    /**
     * The search that a request with {@code auto} asks for.
     *
     * @param catalogue what it knows of a stage decides; a stage whose worker was never up is expected to know all
     * @param stages that the installation has
     * @throws RefusedException {@code NOTHING_TO_SEARCH} if the data at hand allows no technique
     */
    static SearchPlan plan(CompressionRequested request, AutoBudget budget, Catalogue catalogue, Set<String> stages) {
        var choices = new ArrayList<Choice>();
        for (String part : List.of("prune", "factorize", "distill", "quantize")) {
            var values = new ArrayList<JsonNode>(List.of(NONE));
            ENTRIES.stream()
                    .filter(entry -> entry.part().equals(part) && possible(entry, request, catalogue, stages))
                    .map(entry -> Json.mapper().<JsonNode>valueToTree(entry.step()))
                    .forEach(values::add);
            if (values.size() > 1) {
                choices.add(new Choice(part, values, ORDERED.contains(part), mends(part, choices)));
            }
        }
        if (choices.isEmpty()) {
            throw new RefusedException(
                    "NOTHING_TO_SEARCH",
                    "auto",
                    "data for "
                            + (request.data().isEmpty()
                                    ? "nothing"
                                    : String.join(", ", request.data().keySet())),
                    "data and stages for at least one of prune, factorize, distill and quantize");
        }
        var objective = TrialFigures.searched(request.objective());
        return new SearchPlan(
                null,
                choices,
                TrialFigures.goals(objective),
                "parts",
                budget.trials() == null ? TRIALS_WITHOUT_LIMIT : budget.trials(),
                budget.seconds(),
                null,
                budget.parallel() == null ? 1 : budget.parallel(),
                null);
    }

    /** Distillation has something to mend only after pruning. */
    private static Choice.@Nullable Condition mends(String part, List<Choice> earlier) {
        return earlier.stream()
                .filter(choice -> part.equals("distill") && choice.name().equals("prune"))
                .findFirst()
                .map(prune -> new Choice.Condition(
                        prune.name(), prune.values().subList(1, prune.values().size())))
                .orElse(null);
    }

    private static boolean possible(
            Entry entry, CompressionRequested request, Catalogue catalogue, Set<String> stages) {
        var step = entry.step();
        boolean offered = catalogue.stage(step.stage()).isPresent()
                ? catalogue
                        .technique(step.stage(), step.technique())
                        .filter(technique -> request.data().keySet().containsAll(technique.data()))
                        .isPresent()
                : stages.contains(step.stage());
        return offered && request.data().keySet().containsAll(entry.needs());
    }

    private static Entry entry(String part, String technique, Map<String, ?> options, String... needs) {
        var names = technique.split(":");
        var values = new HashMap<String, JsonNode>();
        options.forEach((name, value) -> values.put(name, Json.mapper().valueToTree(value)));
        return new Entry(part, new StageStep(names[0], names[1], values), Set.of(needs));
    }

    /** @param needs roles of data without which it is not worth trying */
    private record Entry(String part, StageStep step, Set<String> needs) {}
}
