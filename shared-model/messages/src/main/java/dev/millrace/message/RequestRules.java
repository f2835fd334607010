package dev.millrace.message;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a request must be before any work starts. What only a stage can know (the range of an option, whether a file is
 * there, whether data fits a model) is left to the stage.
 *
 * <p>A stage that is expected but not yet in the catalogue is accepted unseen: its worker has never been up, the task waits
 * for it.
 */
public final class RequestRules {
    /** Roles that data can have. */
    public static final Set<String> ROLES = Set.of("training", "calibration", "validation", "evaluation");

    /** Roles of the data that quality is measured on, the first one that is there. */
    public static final List<String> MEASURED_ON = List.of("evaluation", "validation", "calibration");

    /** Largest request as JSON; keeps every snapshot of the job below what one Kafka record may hold. */
    public static final int MAX_REQUEST_BYTES = 128 << 10;

    /** Most stages in one recipe. */
    public static final int MAX_STEPS = 32;

    /** Most trials of one search; keeps every snapshot of the job below what one Kafka record may hold. */
    public static final int MAX_TRIALS = 500;

    /** Most trials of one search at once. */
    public static final int MAX_PARALLEL = 256;

    /** Most characters of the name of a target. */
    public static final int LONGEST_TARGET = 100;

    private static final Pattern JOB_ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
    private static final Pattern STORED = Pattern.compile("millrace:sha256/[0-9a-f]{64}");
    private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");

    private final Catalogue catalogue;
    private final Set<String> stages;

    /**
     * @param catalogue of the workers that have announced themselves
     * @param expected stages that the installation has, whether or not their workers have been up yet
     */
    public RequestRules(Catalogue catalogue, Set<String> expected) {
        this.catalogue = catalogue;
        this.stages = Stream.concat(expected.stream(), catalogue.stages().keySet().stream())
                .collect(Collectors.toUnmodifiableSet());
    }

    /** @throws RefusedException if {@code id} cannot be the id of a job */
    public static void checkJobId(String id) {
        if (!JOB_ID.matcher(id).matches()) {
            throw new RefusedException(
                    "BAD_JOB_ID",
                    "job id",
                    "'" + abbreviated(id) + "'",
                    "1 to 128 letters, digits, '.', '_' or '-', the first one a letter or digit");
        }
    }

    /** @throws RefusedException if the request cannot be met; says which part, what it is and what it may be */
    public void check(CompressionRequested request) {
        if (request.model() == null) {
            throw new RefusedException("MISSING_MODEL", "model", "absent", "a reference to an ONNX file");
        }
        checkReference("model", request.model());
        request.data().forEach(RequestRules::checkData);
        checkTarget(request.target());
        checkRecipe(request);
        ObjectiveRules.check(request);
    }

    private static void checkTarget(@Nullable String target) {
        if (target != null && (target.isBlank() || target.length() > LONGEST_TARGET)) {
            throw new RefusedException(
                    "BAD_TARGET", "target", "'" + abbreviated(target) + "'", "1 to " + LONGEST_TARGET + " characters");
        }
    }

    private void checkRecipe(CompressionRequested request) {
        if (request.auto() != null) {
            checkAuto(request, request.auto());
            return;
        }
        if (request.recipe().isEmpty()) {
            throw new RefusedException(
                    "EMPTY_RECIPE",
                    "recipe",
                    "no stage",
                    "1 to " + MAX_STEPS + " stages; " + NearestName.choices("", stages));
        }
        if (request.recipe().size() > MAX_STEPS) {
            throw new RefusedException(
                    "RECIPE_TOO_LONG", "recipe", request.recipe().size() + " stages", "1 to " + MAX_STEPS + " stages");
        }
        for (int i = 0; i < request.recipe().size(); i++) {
            checkStep(
                    "recipe[" + i + "]", request.recipe().get(i), request.data().keySet());
        }
    }

    private static void checkAuto(CompressionRequested request, AutoBudget budget) {
        if (!request.recipe().isEmpty()) {
            throw new RefusedException(
                    "AUTO_WITH_RECIPE",
                    "auto",
                    "a search over recipes and a recipe of " + request.recipe().size() + " stages",
                    "one of 'auto' and 'recipe'");
        }
        if (budget.trials() == null && budget.seconds() == null) {
            throw new RefusedException("BAD_BUDGET", "auto", "no limit", "trials, seconds or both");
        }
        checkBudget("auto.trials", budget.trials(), MAX_TRIALS);
        checkBudget("auto.seconds", budget.seconds(), Long.MAX_VALUE);
        checkBudget("auto.parallel", budget.parallel(), MAX_PARALLEL);
    }

    private static void checkBudget(String where, @Nullable Number found, long most) {
        if (found != null && (found.longValue() < 1 || found.longValue() > most)) {
            throw new RefusedException(
                    "BAD_BUDGET", where, found.toString(), most == Long.MAX_VALUE ? "1 or more" : "1 to " + most);
        }
    }

    private void checkStep(String where, StageStep step, Set<String> roles) {
        if (step.stage() == null || !stages.contains(step.stage())) {
            throw unknown("UNKNOWN_STAGE", where + ".stage", step.stage(), stages);
        }
        if (step.technique() == null) {
            throw unknown("UNKNOWN_TECHNIQUE", where + ".technique", null, techniques(step.stage()));
        }
        if (catalogue.stage(step.stage()).isEmpty()) {
            return;
        }
        var technique = catalogue
                .technique(step.stage(), step.technique())
                .orElseThrow(() ->
                        unknown("UNKNOWN_TECHNIQUE", where + ".technique", step.technique(), techniques(step.stage())));
        checkOptions(where + ".options", step.options(), technique.options());
        for (String role : technique.data()) {
            if (!roles.contains(role)) {
                throw new RefusedException(
                        "MISSING_DATA",
                        "data." + role,
                        "absent",
                        step.stage() + ":" + technique.name() + " needs data for "
                                + String.join(", ", technique.data()));
            }
        }
    }

    private Set<String> techniques(String stage) {
        return catalogue.stage(stage).stream()
                .flatMap(registered -> registered.techniques().stream())
                .map(TechniqueDescription::name)
                .collect(Collectors.toUnmodifiableSet());
    }

    private static void checkOptions(
            String where, Map<String, JsonNode> given, List<TechniqueDescription.Option> options) {
        var known = options.stream().map(TechniqueDescription.Option::name).collect(Collectors.toSet());
        for (String name : new TreeSet<>(given.keySet())) {
            if (!known.contains(name)) {
                throw unknown("UNKNOWN_OPTION", where, name, known);
            }
        }
        for (var option : options) {
            JsonNode value = given.get(option.name());
            if (value == null || value.isNull()) {
                if (option.defaultValue() == null) {
                    throw new RefusedException(
                            "MISSING_OPTION",
                            where + "." + option.name(),
                            "absent",
                            option.type() + (option.allowed().isEmpty() ? "" : ", " + option.allowed()));
                }
            } else if (!fits(value, option.type())) {
                throw new RefusedException(
                        "BAD_OPTION", where + "." + option.name(), abbreviated(value.toString()), option.type());
            }
        }
    }

    private static boolean fits(JsonNode value, String type) {
        return switch (type) {
            case "number" -> value.isNumber();
            case "integer" -> value.isNumber() && value.doubleValue() == Math.rint(value.doubleValue());
            case "boolean" -> value.isBoolean();
            case "string" -> value.isTextual();
            case "strings" -> elements(value).allMatch(JsonNode::isTextual);
            default ->
                !type.contains("|")
                        || (value.isTextual() && List.of(type.split("\\|")).contains(value.textValue()));
        };
    }

    /** A single value stands for a list of one, as it does where options are bound. */
    private static Stream<JsonNode> elements(JsonNode value) {
        return value.isArray() ? value.valueStream() : Stream.of(value);
    }

    private static void checkData(String role, DataReference data) {
        if (!ROLES.contains(role)) {
            throw unknown("UNKNOWN_ROLE", "data", role, ROLES);
        }
        checkUri("data." + role + ".uri", data.uri());
    }

    private static void checkReference(String where, ArtifactReference reference) {
        checkUri(where + ".uri", reference.uri());
        if (reference.sha256() != null && !DIGEST.matcher(reference.sha256()).matches()) {
            throw new RefusedException(
                    "BAD_REFERENCE", where + ".sha256", abbreviated(reference.sha256()), "64 lower-case hex digits");
        }
    }

    private static void checkUri(String where, @Nullable String uri) {
        boolean fine =
                uri != null && (uri.startsWith("file:") || STORED.matcher(uri).matches());
        if (!fine) {
            throw new RefusedException(
                    "BAD_REFERENCE",
                    where,
                    uri == null ? "absent" : abbreviated(uri),
                    "millrace:sha256/<64 hex digits> or a file: URI below a configured root");
        }
    }

    private static RefusedException unknown(String code, String where, @Nullable String found, Set<String> known) {
        return found == null
                ? new RefusedException(code, where, "absent", NearestName.choices("", known))
                : new RefusedException(
                        code, where, "'" + abbreviated(found) + "'", NearestName.choices(abbreviated(found), known));
    }

    /** Hostile text stays short in answers and logs. */
    static String abbreviated(String text) {
        return text.length() <= 100 ? text : text.substring(0, 100) + "…";
    }
}
