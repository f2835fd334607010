package dev.millrace.nas;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.Choice;
import dev.millrace.message.Json;
import dev.millrace.message.NearestName;
import dev.millrace.message.RefusedException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The description of a space, checked: for every knob the values that are allowed, one of them where it is fixed. */
final class Knobs {
    /** Names the knobs of which every stage chooses its own value. */
    private static final String PER_STAGE = "perStage";

    private static final String KIND = "kind";
    private static final String SPACE = "space";

    private final List<Knob> known;
    private final String stages;
    private final Map<String, List<JsonNode>> values = new LinkedHashMap<>();
    private final Set<String> perStage = new LinkedHashSet<>();

    /**
     * Reads a description.
     *
     * @param known what there is; a knob that neither the description nor {@link Knob#usual} gives a value is left out
     * @param stages name of the knob that says how many stages there are, the first of the list
     * @throws RefusedException {@code UNKNOWN_KNOB}, {@code BAD_KNOB}
     */
    Knobs(JsonNode description, List<Knob> known, String stages) {
        this.known = known;
        this.stages = stages;
        var names = known.stream().map(Knob::name).toList();
        description.fieldNames().forEachRemaining(name -> {
            if (!name.equals(KIND) && !name.equals(PER_STAGE)) {
                requireKnown(name, names, SPACE);
            }
        });
        for (var knob : known) {
            var found = description.has(knob.name()) ? description.get(knob.name()) : usual(knob);
            if (!found.isMissingNode()) {
                values.put(knob.name(), checked(knob, found));
            }
        }
        for (var name : description.path(PER_STAGE)) {
            var ofStages = known.stream().filter(Knob::ofStages).map(Knob::name).toList();
            requireKnown(name.asText(), ofStages, SPACE + ", " + PER_STAGE);
            perStage.add(name.asText());
        }
    }

    private static void requireKnown(String name, List<String> names, String where) {
        if (!names.contains(name)) {
            throw new RefusedException("UNKNOWN_KNOB", where, name, NearestName.choices(name, names));
        }
    }

    private static JsonNode usual(Knob knob) {
        try {
            return Json.mapper().readTree(knob.usual());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("the usual value of " + knob.name() + " is no JSON: " + knob.usual(), e);
        }
    }

    private static List<JsonNode> checked(Knob knob, JsonNode found) {
        var all = new ArrayList<JsonNode>();
        (found.isArray() ? found : List.of(found)).forEach(all::add);
        var where = SPACE + ", " + knob.name();
        for (var value : all) {
            if (!knob.accepts().test(value)) {
                throw new RefusedException("BAD_KNOB", where, value.toString(), knob.allowed() + ", or a list of such");
            }
        }
        if (all.isEmpty() || Set.copyOf(all).size() < all.size()) {
            throw new RefusedException("BAD_KNOB", where, found.toString(), "at least one value, none twice");
        }
        return List.copyOf(all);
    }

    /** The largest whole number that a knob may have. */
    int most(String knob) {
        return values.getOrDefault(knob, List.of()).stream()
                .mapToInt(JsonNode::intValue)
                .max()
                .orElse(0);
    }

    /**
     * What is left open, each behind what it depends on.
     *
     * @throws RefusedException {@code SPACE_CLOSED} if nothing is
     */
    List<Choice> choices() {
        var choices = new ArrayList<Choice>();
        for (var knob : known) {
            if (values.getOrDefault(knob.name(), List.of()).size() < 2) {
                continue;
            }
            if (!perStage.contains(knob.name())) {
                boolean needsStage =
                        knob.needs() != null && perStage.contains(knob.needs().knob());
                add(choices, knob, knob.name(), needsStage ? null : knob.needs());
                continue;
            }
            for (int stage = 0; stage < most(stages); stage++) {
                int before = stage;
                var need =
                        knob.needs() != null && perStage.contains(knob.needs().knob())
                                ? new Knob.Need(
                                        Architecture.perStage(knob.needs().knob(), stage),
                                        knob.needs().value())
                                : new Knob.Need(stages, value -> value.intValue() > before);
                add(choices, knob, Architecture.perStage(knob.name(), stage), need);
            }
        }
        if (choices.isEmpty()) {
            throw new RefusedException(
                    "SPACE_CLOSED", SPACE, "one architecture: " + values, "a list of values for at least one knob");
        }
        return choices;
    }

    /** Adds a choice if what it needs can be; without a condition if that always is. */
    private void add(List<Choice> choices, Knob knob, String name, Knob.@Nullable Need need) {
        var allowed = values.getOrDefault(knob.name(), List.of());
        if (need == null) {
            choices.add(new Choice(name, allowed, knob.ordered(), null));
            return;
        }
        var parent = choices.stream()
                .filter(choice -> choice.name().equals(need.knob()))
                .findFirst();
        var possible = parent.map(Choice::values).orElseGet(() -> fixed(need.knob()));
        var holds = possible.stream().filter(need.value()).toList();
        if (holds.isEmpty()) {
            return;
        }
        boolean always = holds.size() == possible.size()
                && parent.flatMap(Knobs::condition).isEmpty();
        choices.add(
                new Choice(name, allowed, knob.ordered(), always ? null : new Choice.Condition(need.knob(), holds)));
    }

    private static Optional<Choice.Condition> condition(Choice choice) {
        return Optional.ofNullable(choice.onlyIf());
    }

    private List<JsonNode> fixed(String knob) {
        return allowed(knob.replaceFirst("\\.\\d+$", ""));
    }

    /** The values of a knob. */
    List<JsonNode> allowed(String knob) {
        return values.getOrDefault(knob, List.of());
    }

    /** @throws RefusedException {@code BAD_KNOB} if the knob is open, which this one cannot be */
    private JsonNode fixedValue(String knob) {
        if (allowed(knob).size() != 1) {
            throw new RefusedException(
                    "BAD_KNOB", SPACE + ", " + knob, allowed(knob).toString(), "one value");
        }
        return allowed(knob).get(0);
    }

    boolean fixedFlag(String knob) {
        return fixedValue(knob).booleanValue();
    }

    int fixedWhole(String knob) {
        return fixedValue(knob).intValue();
    }

    /**
     * The architecture that follows from values for the choices.
     *
     * @throws RefusedException {@code BAD_ARCHITECTURE} if a choice has no value or another than allowed, or a value is that
     *     of no choice that exists
     */
    Architecture settle(Map<String, JsonNode> chosen) {
        var fixed = new LinkedHashMap<String, JsonNode>();
        values.forEach((name, allowed) -> {
            if (allowed.size() == 1) {
                fixed.put(name, allowed.get(0));
            }
        });
        return settle(choices(), chosen, fixed);
    }

    /** As {@link #settle(Map)}, for choices and fixed values that a space made itself. */
    static Architecture settle(List<Choice> choices, Map<String, JsonNode> chosen, Map<String, JsonNode> fixed) {
        var settled = new LinkedHashMap<>(fixed);
        var existing = new ArrayList<String>();
        for (var choice : choices) {
            if (condition(choice).filter(not(settled)).isPresent()) {
                continue;
            }
            existing.add(choice.name());
            var value = chosen.get(choice.name());
            if (value == null || !choice.values().contains(value)) {
                throw new RefusedException(
                        "BAD_ARCHITECTURE",
                        "values, " + choice.name(),
                        value == null ? "nothing" : value.toString(),
                        "one of " + choice.values());
            }
            settled.put(choice.name(), value);
        }
        chosen.keySet().stream()
                .filter(name -> !existing.contains(name))
                .sorted()
                .findFirst()
                .ifPresent(name -> {
                    throw new RefusedException("BAD_ARCHITECTURE", "values", name, NearestName.choices(name, existing));
                });
        return new Architecture(settled);
    }

    private static Predicate<Choice.Condition> not(Map<String, JsonNode> settled) {
        return condition -> {
            var value = settled.get(condition.choice());
            return value == null || !condition.values().contains(value);
        };
    }
}
