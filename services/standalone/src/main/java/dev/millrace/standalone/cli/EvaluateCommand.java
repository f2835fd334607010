package dev.millrace.standalone.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.DataReference;
import dev.millrace.message.Evaluation;
import dev.millrace.message.Json;
import dev.millrace.message.RefusedException;
import dev.millrace.message.TechniqueDescription;
import dev.millrace.stage.Channel;
import dev.millrace.stage.FromChild;
import dev.millrace.stage.LocalData;
import dev.millrace.stage.StageRunner;
import dev.millrace.stage.ToChild;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "evaluate",
        description = "Measures two models side by side: what B costs and gains against A.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills what is required
final class EvaluateCommand implements Callable<Integer> {
    private static final String STAGE = "evaluation";
    private static final String TECHNIQUE = "compare";

    @Parameters(index = "0", paramLabel = "A", description = "The original, an ONNX file.")
    private Path original;

    @Parameters(index = "1", paramLabel = "B", description = "The candidate, an ONNX file.")
    private Path candidate;

    @Option(
            names = "--data",
            paramLabel = "ROLE=PATH[,key=value…]",
            description = "Data to measure the metric on, as with compress.")
    private List<String> data = List.of();

    @Option(names = "--metric", paramLabel = "M", description = "Metric to take, as with compress.")
    private @Nullable String metric;

    @Option(
            names = "--option",
            paramLabel = "key=value",
            description = "Option of the evaluation; see millrace techniques evaluation:compare.")
    private List<String> options = List.of();

    @Option(names = "--seed", paramLabel = "N", description = "Same seed, same samples. Default: 0.")
    private long seed;

    @Option(names = "--json", description = "Print the evaluation as JSON.")
    private boolean json;

    @Mixin
    private DataDirectoryOption dataDirectory = new DataDirectoryOption();

    private final Terminal terminal;

    EvaluateCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    /** Runs the evaluation stage in a JVM of its own, as a worker would, without a broker in between. */
    @Override
    public Integer call() throws IOException {
        var description = LocalCatalogue.load()
                .technique(STAGE, TECHNIQUE)
                .orElseThrow(() -> new IllegalStateException(STAGE + ":" + TECHNIQUE + " is not on the class path"));
        Map<String, LocalData> local = localData();
        try (var state = dataDirectory.value().holdRun()) {
            var task = new ToChild.RunTask(
                    STAGE,
                    TECHNIQUE,
                    optionValues(description),
                    checked(candidate),
                    checked(original),
                    local,
                    metric,
                    null,
                    seed,
                    Runtime.getRuntime().availableProcessors(),
                    Files.createDirectories(state.directory().resolve("work")),
                    null,
                    null);
            int status = show(run(task, state.directory()));
            state.discard();
            return status;
        }
    }

    private FromChild.Answer run(ToChild.RunTask task, Path state) throws IOException {
        var child = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), StageRunner.class.getName());
        child.environment()
                .putAll(Map.of(
                        "CLASSPATH", System.getProperty("java.class.path"),
                        "DJL_OFFLINE", "true",
                        "OMP_WAIT_POLICY", "passive"));
        child.redirectError(state.resolve("child.log").toFile());
        Process process = child.start();
        var progress = new ProgressLine(terminal);
        try (var channel =
                new Channel<FromChild, ToChild>(process.getInputStream(), process.getOutputStream(), FromChild.class)) {
            channel.write(task);
            for (var message = channel.read(); message != null; message = channel.read()) {
                if (message instanceof FromChild.Progressed step) {
                    progress.say(step.activity());
                } else if (message instanceof FromChild.Answer answer) {
                    progress.end();
                    return answer;
                }
            }
            progress.end();
            throw new IOException("The evaluation's process died:\n" + Files.readString(state.resolve("child.log")));
        } finally {
            process.destroyForcibly();
        }
    }

    private int show(FromChild.Answer answer) {
        if (answer instanceof FromChild.Succeeded succeeded && succeeded.evaluation() != null) {
            Evaluation evaluation = succeeded.evaluation();
            if (json) {
                terminal.out().println(Json.tree(Json.write(evaluation)).toPrettyString());
            } else {
                ResultTable.print(evaluation, terminal.out());
            }
            return ExitStatus.DONE;
        }
        if (answer instanceof FromChild.Refused refused) {
            throw new RefusedException(refused.problem());
        }
        if (answer instanceof FromChild.Failed failed) {
            Problems.print(failed.problem(), terminal.err());
        }
        return ExitStatus.FAILED;
    }

    private Path checked(Path model) throws IOException {
        Path file = terminal.directory().resolve(model);
        ModelFile.open(file);
        return file.toRealPath();
    }

    private Map<String, JsonNode> optionValues(TechniqueDescription description) {
        Map<String, String> types = description.options().stream()
                .collect(Collectors.toMap(TechniqueDescription.Option::name, TechniqueDescription.Option::type));
        return Spelling.parse(String.join(",", withHead(options)), "--option").values(types);
    }

    private static List<String> withHead(List<String> options) {
        return Stream.concat(Stream.of(TECHNIQUE), options.stream()).toList();
    }

    /** Data in place: addresses are those of local files and become paths again. */
    private Map<String, LocalData> localData() throws IOException {
        Map<String, LocalData> local = new LinkedHashMap<>();
        for (String argument : data) {
            DataArgument given = DataArgument.parse(argument);
            DataReference reference =
                    new DataFiles(terminal.directory(), Path::toString).resolve(given.role(), given.reference());
            local.put(given.role(), new LocalData(path(reference.uri()), reference.format(), reference.options()));
        }
        return local;
    }

    private static Path path(String address) {
        return address.startsWith("file:") ? Path.of(URI.create(address)) : Path.of(address);
    }
}
