package dev.millrace.standalone.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.AutoBudget;
import dev.millrace.message.Catalogue;
import dev.millrace.message.DataReference;
import dev.millrace.message.Json;
import dev.millrace.message.Minimise;
import dev.millrace.message.Objective;
import dev.millrace.message.Recipe;
import dev.millrace.message.RefusedException;
import dev.millrace.message.StageStep;
import dev.millrace.message.TechniqueDescription;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** What to do with a model: a recipe file, or the same words as options. Options win over the file. */
final class RecipeOptions {
    private static final Set<String> BUDGET = Set.of("trials", "seconds", "parallel");
    private static final AutoBudget DEFAULT_BUDGET = new AutoBudget(12, null);

    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec command;

    @ArgGroup(exclusive = true, multiplicity = "0..1")
    private Source source = new Source();

    @Option(
            names = "--data",
            paramLabel = "ROLE=PATH[,key=value…]",
            description = {
                "Data for calibration, training, validation or evaluation; the keys name format and preprocessing,",
                "for one format=jsonl,tokenizer=tokenizer.json,maxLength=128."
            })
    private List<String> data = List.of();

    @Option(
            names = "--metric",
            paramLabel = "M",
            description = "Metric to hold: top1, f1, cosine … Default: top1 with labels, else cosine to the original.")
    private @Nullable String metric;

    @Option(names = "--max-drop", paramLabel = "X", description = "Largest fall of the metric, absolute.")
    private @Nullable Double maxDrop;

    @Option(
            names = "--minimise",
            paramLabel = "bytes|packed|latency|memory|macs",
            converter = MinimiseConverter.class,
            description = "What the result must have less of.")
    private @Nullable Minimise minimise;

    @Option(
            names = "--budget",
            paramLabel = "trials=N,seconds=S,parallel=P",
            description = {
                "Without --stage and --recipe the best recipe is searched for: at most so many are tried, for so long,",
                "so many at once. Default: trials=12."
            })
    private @Nullable String budget;

    @Option(names = "--seed", paramLabel = "N", description = "Same seed, same result. Default: 0.")
    private @Nullable Long seed;

    @Option(
            names = "--target",
            paramLabel = "NAME",
            description = "The kind of machine that the result is for, as compilation records it.")
    private @Nullable String target;

    @Option(names = "--name", paramLabel = "NAME", description = "What to call the job.")
    private @Nullable String name;

    /** Where the stages come from. */
    static final class Source {
        @Option(names = "--recipe", paramLabel = "FILE", description = "Recipe in YAML or JSON.")
        private @Nullable Path recipe;

        @Option(
                names = "--stage",
                paramLabel = "STAGE:TECHNIQUE[,key=value…]",
                description = "One stage; give several in the order in which they shall run.")
        private List<String> stages = List.of();
    }

    /** Ends in the usage text where nothing says what is wanted, before anything is started. */
    void requireSomeWish() {
        boolean named = source.recipe != null || !source.stages.isEmpty();
        if (!named && budget == null && maxDrop == null && minimise == null) {
            throw new ParameterException(
                    Objects.requireNonNull(command).commandLine(),
                    "Missing: --recipe or --stage, or --max-drop, --minimise or --budget to search for a recipe");
        }
    }

    /**
     * The recipe with addresses in place of paths.
     *
     * @param catalogue says of which type an option is; what it does not know is guessed
     * @throws RefusedException if a file is not there or something cannot be read
     */
    Recipe recipe(Catalogue catalogue, Path workingDirectory, Addresses addresses) throws IOException {
        Recipe base = base(catalogue, workingDirectory, addresses);
        Map<String, DataReference> resolved = new LinkedHashMap<>(base.data());
        for (String argument : data) {
            var given = DataArgument.parse(argument);
            resolved.put(
                    given.role(), new DataFiles(workingDirectory, addresses).resolve(given.role(), given.reference()));
        }
        return new Recipe(
                base.stages(),
                budget == null ? base.auto() : autoBudget(budget),
                resolved,
                objective(base.objective()),
                seed == null ? base.seed() : seed,
                target == null ? base.target() : target,
                name == null ? base.name() : name);
    }

    private Recipe base(Catalogue catalogue, Path workingDirectory, Addresses addresses) throws IOException {
        if (source.recipe != null) {
            Path file = workingDirectory.resolve(source.recipe);
            return new DataFiles(file.resolveSibling("."), addresses).resolve(RecipeFile.read(file));
        }
        return new Recipe(
                source.stages.stream().map(stage -> step(stage, catalogue)).toList(),
                source.stages.isEmpty() ? DEFAULT_BUDGET : null,
                Map.of(),
                null,
                0,
                null,
                null);
    }

    private static AutoBudget autoBudget(String argument) {
        var given = Spelling.parse("budget," + argument, "--budget " + argument)
                .values(Map.of("trials", "integer", "seconds", "integer", "parallel", "integer"));
        if (!BUDGET.containsAll(given.keySet())) {
            throw new RefusedException(
                    "BAD_ARGUMENT", "--budget", "'" + argument + "'", "trials=N,seconds=S,parallel=P");
        }
        try {
            return Json.read(Json.mapper().<JsonNode>valueToTree(given), AutoBudget.class);
        } catch (RefusedException e) {
            throw new RefusedException(
                    "BAD_ARGUMENT", "--budget", "'" + argument + "'", "trials=N,seconds=S,parallel=P");
        }
    }

    private static StageStep step(String argument, Catalogue catalogue) {
        var spelling = Spelling.parse(argument, "--stage " + argument);
        String[] names = spelling.head().split(":", -1);
        if (names.length != 2) {
            throw new RefusedException("BAD_ARGUMENT", "--stage", "'" + argument + "'", "STAGE:TECHNIQUE[,key=value…]");
        }
        Map<String, String> types = catalogue.technique(names[0], names[1]).stream()
                .flatMap(technique -> technique.options().stream())
                .collect(Collectors.toMap(TechniqueDescription.Option::name, TechniqueDescription.Option::type));
        return new StageStep(names[0], names[1], spelling.values(types));
    }

    private @Nullable Objective objective(@Nullable Objective base) {
        boolean given = Stream.of(metric, maxDrop, minimise).anyMatch(value -> value != null);
        if (!given) {
            return base;
        }
        Objective other = base == null ? new Objective(null, null, null) : base;
        return new Objective(
                metric == null ? other.metric() : metric,
                maxDrop == null ? other.maxDrop() : maxDrop,
                minimise == null ? other.minimise() : minimise);
    }

    /** The words of the recipe, not the names of the Java constants. */
    static final class MinimiseConverter implements ITypeConverter<Minimise> {
        @Override
        public Minimise convert(String word) {
            for (Minimise minimise : Minimise.values()) {
                if (minimise.name().toLowerCase(Locale.ROOT).equals(word)) {
                    return minimise;
                }
            }
            throw new TypeConversionException("'" + word + "' is not one of bytes, packed, latency, memory, macs");
        }
    }
}
