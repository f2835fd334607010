package dev.millrace.standalone.cli;

import dev.millrace.onnx.Model;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.ValueInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "inspect",
        description = "Shows what is in a model, and whether Millrace takes it.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills what is required
final class InspectCommand implements Callable<Integer> {
    @Parameters(paramLabel = "MODEL", description = "An ONNX file.")
    private Path model;

    private final Terminal terminal;

    InspectCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        Path file = terminal.directory().resolve(model);
        show(file, ModelFile.open(file));
        return ExitStatus.DONE;
    }

    private void show(Path file, Model opened) throws IOException {
        List<Tensor> weights =
                opened.graphs().flatMap(graph -> graph.initializers().stream()).toList();
        line("IR version", opened.irVersion());
        line(
                "opset",
                opened.opsets().entrySet().stream()
                        .map(entry -> (entry.getKey().isEmpty() ? "ai.onnx" : entry.getKey()) + " " + entry.getValue())
                        .collect(Collectors.joining(", ")));
        opened.graph().requiredInputs().forEach(input -> line("input", spelled(input)));
        opened.graph().outputs().forEach(output -> line("output", spelled(output)));
        line("parameters", count(weights.stream().mapToLong(Tensor::elements).sum()));
        line("file", count(Files.size(file)) + " bytes");
        for (String external : opened.externalFiles()) {
            line("external data", external + ", " + count(Files.size(file.resolveSibling(external))) + " bytes");
        }
        terminal.out().println();
        Map<String, Long> operators = opened.nodes()
                .collect(Collectors.groupingBy(
                        node -> node.domain().isEmpty() ? node.opType() : node.domain() + ":" + node.opType(),
                        TreeMap::new,
                        Collectors.counting()));
        operators.entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder()))
                .forEach(entry -> line(entry.getKey(), entry.getValue()));
        terminal.out().println();
        terminal.out().println("Millrace takes this model.");
    }

    private void line(String label, Object value) {
        terminal.out().println(String.format(Locale.ROOT, "%-20s %s", label, value));
    }

    private static String spelled(ValueInfo value) {
        return value.name() + " "
                + (value.isTensor()
                        ? value.type()
                                + value.shape()
                                        .map(dims -> dims.stream()
                                                .map(Object::toString)
                                                .collect(Collectors.joining(", ", " (", ")")))
                                        .orElse(" of any shape")
                        : "(no tensor)");
    }

    private static String count(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }
}
