package dev.millrace.standalone.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.NearestName;
import dev.millrace.message.RefusedException;
import dev.millrace.message.StageRegistered;
import dev.millrace.message.TechniqueDescription;
import java.io.PrintWriter;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "techniques",
        description = "Lists what can be done to a model, or explains one technique.",
        mixinStandardHelpOptions = true)
final class TechniquesCommand implements Callable<Integer> {
    @Parameters(arity = "0..1", paramLabel = "NAME", description = "A technique, a stage, or STAGE:TECHNIQUE.")
    private @Nullable String name;

    private final Terminal terminal;

    TechniquesCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        List<TechniqueDescription> all = LocalCatalogue.load().stages().values().stream()
                .sorted(Comparator.comparing(StageRegistered::stage))
                .flatMap(stage -> stage.techniques().stream())
                .toList();
        PrintWriter out = terminal.out();
        if (name == null) {
            list(all, out);
        } else {
            List<TechniqueDescription> named = all.stream()
                    .filter(technique -> name.equals(technique.name())
                            || name.equals(technique.stage())
                            || name.equals(fullName(technique)))
                    .toList();
            if (named.isEmpty()) {
                List<String> known =
                        all.stream().map(TechniquesCommand::fullName).toList();
                throw new RefusedException(
                        "UNKNOWN_TECHNIQUE", "techniques", "'" + name + "'", NearestName.choices(name, known));
            }
            named.forEach(technique -> explain(technique, out));
        }
        return ExitStatus.DONE;
    }

    private static void list(List<TechniqueDescription> techniques, PrintWriter out) {
        int width = techniques.stream()
                .mapToInt(technique -> fullName(technique).length())
                .max()
                .orElse(0);
        for (var technique : techniques) {
            out.println(pad(fullName(technique), width) + "  " + technique.summary());
        }
    }

    private static void explain(TechniqueDescription technique, PrintWriter out) {
        out.println(fullName(technique));
        out.println("  " + technique.summary());
        out.println("  " + technique.useWhen());
        if (!technique.data().isEmpty()) {
            out.println("  Needs data for " + String.join(", ", technique.data()) + ".");
        }
        int width = technique.options().stream()
                .mapToInt(option -> option.name().length())
                .max()
                .orElse(0);
        for (var option : technique.options()) {
            JsonNode value = option.defaultValue();
            out.println();
            out.println("  " + pad(option.name(), width) + "  " + option.type()
                    + (value == null ? ", required" : ", default " + value)
                    + (option.allowed().isEmpty() ? "" : ", " + option.allowed()));
            out.println("  " + pad("", width) + "  " + option.description());
        }
        out.println();
    }

    private static String fullName(TechniqueDescription technique) {
        return technique.stage() + ":" + technique.name();
    }

    private static String pad(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.length()));
    }
}
