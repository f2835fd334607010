package dev.millrace.orchestrator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.millrace.message.AutoBudget;
import dev.millrace.message.Catalogue;
import dev.millrace.message.Choice;
import dev.millrace.message.CompressionRequested;
import dev.millrace.message.Json;
import dev.millrace.message.Minimise;
import dev.millrace.message.RefusedException;
import dev.millrace.message.SearchPlan;
import dev.millrace.message.StageStep;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The recipes that {@code auto} tries: at most one technique for each part, in the order simplify, prune, factorize (or
 * decompose), distill, quantize, compile. Other orders are left out because they undo each other: what is quantized can no
 * longer be trained, a layer that was split into two has no channels of its own, and an optimized graph belongs to one runtime.
 * A technique that cannot lower the figure to minimise is left out, too.
 */
final class RecipeSpace {
    private static final TextNode NONE = TextNode.valueOf("none");

    private static final Set<Minimise> ALL = EnumSet.allOf(Minimise.class);
    private static final Set<Minimise> STORED = EnumSet.of(Minimise.BYTES, Minimise.PACKED, Minimise.MEMORY);
    private static final Set<Minimise> STORED_OR_TIME = EnumSet.complementOf(EnumSet.of(Minimise.MACS));
    private static final Set<Minimise> TIME = EnumSet.of(Minimise.LATENCY);

    /** In the order in which they run. Entries of an ordered part grow stronger. */
    private static final List<Part> PARTS = List.of(
            part("simplify"),
            ordered("prune"),
            ordered("factorize"),
            ordered("decompose").unless("factorize"),
            part("distill").after("prune"),
            part("quantize"),
            part("compile"));

    /** One technique at one strength, in the order in which it is probed. A new technique is one line. */
    private static final List<Entry> ENTRIES = List.of(
            entry("simplify", STORED_OR_TIME, "compilation:portable", Map.of()),
            entry("prune", ALL, "pruning:structured", Map.of("amount", 0.25), "training"),
            entry("prune", ALL, "pruning:structured", Map.of("amount", 0.5), "training"),
            entry("prune", ALL, "pruning:structured", Map.of("amount", 0.7), "training"),
            entry("factorize", ALL, "factorization:svd", Map.of("keep", 0.75)),
            entry("factorize", ALL, "factorization:svd", Map.of("keep", 0.5)),
            entry("factorize", ALL, "factorization:svd", Map.of("keep", 0.3)),
            entry("decompose", ALL, "factorization:tucker2", Map.of("keep", 0.75)),
            entry("decompose", ALL, "factorization:tucker2", Map.of("keep", 0.5)),
            entry("decompose", ALL, "factorization:tucker2", Map.of("keep", 0.3)),
            entry("distill", ALL, "distillation:distill", Map.of(), "training"),
            entry("quantize", STORED_OR_TIME, "quantization:static-int8", Map.of(), "calibration"),
            entry("quantize", STORED_OR_TIME, "quantization:dynamic-int8", Map.of()),
            entry("quantize", STORED, "factorization:cluster", Map.of("bits", 4)),
            entry("quantize", STORED, "quantization:weight-only", Map.of("bits", 4)),
            entry("quantize", STORED_OR_TIME, "quantization:qat", Map.of("weightBits", 4), "training"),
            entry("quantize", STORED, "factorization:cluster", Map.of("bits", 5)),
            entry("quantize", STORED_OR_TIME, "quantization:qat", Map.of("weightBits", 2), "training"),
            entry("quantize", STORED, "factorization:cluster", Map.of("bits", 3)),
            entry("quantize", STORED_OR_TIME, "quantization:float16", Map.of()),
            entry("compile", TIME, "compilation:onnx-runtime", Map.of()));

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
        var objective = TrialFigures.searched(request.objective());
        var choices = new ArrayList<Choice>();
        for (var part : PARTS) {
            var values = new ArrayList<JsonNode>(List.of(NONE));
            ENTRIES.stream()
                    .filter(entry -> entry.part().equals(part.name())
                            && entry.lowers().contains(objective.minimise())
                            && possible(entry, request, catalogue, stages))
                    .map(entry -> Json.mapper().<JsonNode>valueToTree(entry.step()))
                    .forEach(values::add);
            if (values.size() > 1) {
                choices.add(new Choice(part.name(), values, part.isOrdered(), part.condition(choices)));
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
                    "data and stages for at least one of "
                            + PARTS.stream().map(Part::name).collect(Collectors.joining(", ")));
        }
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

    private static Entry entry(
            String part, Set<Minimise> lowers, String technique, Map<String, ?> options, String... needs) {
        var names = technique.split(":");
        var values = new HashMap<String, JsonNode>();
        options.forEach((name, value) -> values.put(name, Json.mapper().valueToTree(value)));
        return new Entry(part, lowers, new StageStep(names[0], names[1], values), Set.of(needs));
    }

    private static Part part(String name) {
        return new Part(name, false, null, false);
    }

    private static Part ordered(String name) {
        return new Part(name, true, null, false);
    }

    /**
     * A place in the recipe for one technique.
     *
     * @param other an earlier part that decides whether there is this one; absent when nothing does
     * @param withOther whether there is this part with the other one or without it; where a search lacks the other one,
     *     the part is free
     */
    private record Part(
            String name, boolean isOrdered, @Nullable String other, boolean withOther) {
        /** This part only where the other one did something that it can mend. */
        Part after(String earlier) {
            return new Part(name, isOrdered, earlier, true);
        }

        /** This part or the other one. */
        Part unless(String earlier) {
            return new Part(name, isOrdered, earlier, false);
        }

        Choice.@Nullable Condition condition(List<Choice> earlier) {
            return earlier.stream()
                    .filter(choice -> choice.name().equals(other))
                    .findFirst()
                    .map(choice -> new Choice.Condition(
                            choice.name(),
                            withOther
                                    ? choice.values().subList(1, choice.values().size())
                                    : List.of(NONE)))
                    .orElse(null);
        }
    }

    /**
     * What can fill a part.
     *
     * @param lowers the figures that it can lower at all
     * @param needs roles of data without which it is not worth trying
     */
    private record Entry(String part, Set<Minimise> lowers, StageStep step, Set<String> needs) {}
}
