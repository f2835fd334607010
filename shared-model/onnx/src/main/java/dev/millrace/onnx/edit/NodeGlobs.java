package dev.millrace.onnx.edit;

import dev.millrace.message.NearestName;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Node;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Nodes chosen by name, operator type or name of a constant they read: {@code /head/*}, {@code layer?.conv}, {@code Conv},
 * {@code fc.weight}. A star stands for any characters, slashes too, a question mark for one. A node without a name goes by
 * its first output.
 */
public final class NodeGlobs {
    private final Predicate<String> matches;

    /** Constants of the model whose names match; names of other values say nothing about the nodes that read them. */
    private final Set<String> constants;

    private NodeGlobs(List<String> globs, Model model) {
        matches = globs.stream()
                .map(NodeGlobs::pattern)
                .map(Pattern::asMatchPredicate)
                .reduce(name -> false, Predicate::or);
        constants =
                model.graphs().flatMap(NodeGlobs::constants).filter(matches).collect(Collectors.toUnmodifiableSet());
    }

    /**
     * Reads the patterns of an option.
     *
     * @param option name of the option, for the refusal
     * @throws RefusedException {@code NOTHING_MATCHES} naming the first pattern that no node of the model matches
     */
    public static NodeGlobs of(String option, List<String> globs, Model model) {
        for (var glob : globs) {
            if (model.nodes().noneMatch(new NodeGlobs(List.of(glob), model)::contains)) {
                throw new RefusedException(
                        "NOTHING_MATCHES", "option " + option, "'" + glob + "'", allowed(glob, model));
            }
        }
        return new NodeGlobs(globs, model);
    }

    /** Whether the node matches; also a node that an edit made, if it kept the name of one that matches. */
    public boolean contains(Node node) {
        return matches.test(name(node))
                || matches.test(node.opType())
                || node.inputs().stream().anyMatch(constants::contains);
    }

    /** What a node is called in options and reports: its name, or its first output where it has none. */
    public static String name(Node node) {
        return node.name().isEmpty() ? node.output() : node.name();
    }

    private static Stream<String> constants(Graph graph) {
        return Stream.of(
                        graph.initializers().stream().map(tensor -> tensor.name()),
                        graph.sparseInitializers().stream().map(tensor -> tensor.name()),
                        graph.nodes().stream()
                                .filter(node -> node.is("Constant"))
                                .map(Node::output))
                .flatMap(names -> names);
    }

    private static Pattern pattern(String glob) {
        var regex = new StringBuilder();
        glob.chars()
                .forEach(c -> regex.append(c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(Character.toString(c))));
        return Pattern.compile(regex.toString(), Pattern.DOTALL);
    }

    private static String allowed(String glob, Model model) {
        var names = Stream.concat(
                        model.nodes().map(NodeGlobs::name), model.graphs().flatMap(NodeGlobs::constants))
                .collect(Collectors.toSet());
        return "name or operator type of a node or name of a weight, * for any characters"
                + NearestName.of(glob, names)
                        .map(name -> "; did you mean '" + name + "'?")
                        .orElse("");
    }
}
