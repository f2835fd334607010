package dev.millrace.quantization;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Node;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Nodes chosen by name or operator type: {@code /head/*}, {@code layer?.conv}, {@code Conv}. A star stands for any
 * characters, slashes too, a question mark for one. A node without a name goes by its first output.
 */
record NodeGlobs(List<Pattern> patterns) {

    /**
     * Reads the patterns.
     *
     * @throws RefusedException {@code NOTHING_MATCHES} naming the first pattern that no node of the graph matches
     */
    static NodeGlobs of(List<String> globs, Graph graph) {
        var patterns = globs.stream().map(NodeGlobs::pattern).toList();
        for (int i = 0; i < globs.size(); i++) {
            var pattern = patterns.get(i);
            if (graph.graphs().flatMap(each -> each.nodes().stream()).noneMatch(node -> matches(pattern, node))) {
                throw new RefusedException(
                        "NOTHING_MATCHES",
                        "option ignored",
                        globs.get(i),
                        "the name or operator type of a node, * for any characters; " + nodesLike(graph));
            }
        }
        return new NodeGlobs(patterns);
    }

    boolean contains(Node node) {
        return patterns.stream().anyMatch(pattern -> matches(pattern, node));
    }

    private static boolean matches(Pattern pattern, Node node) {
        return pattern.matcher(name(node)).matches()
                || pattern.matcher(node.opType()).matches();
    }

    static String name(Node node) {
        return node.name().isEmpty() ? node.output() : node.name();
    }

    private static Pattern pattern(String glob) {
        var regex = new StringBuilder();
        glob.chars()
                .forEach(c -> regex.append(c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(Character.toString(c))));
        return Pattern.compile(regex.toString(), Pattern.DOTALL);
    }

    private static String nodesLike(Graph graph) {
        var names = graph.nodes().stream()
                .filter(node -> Layer.TYPES.contains(node.opType()))
                .map(NodeGlobs::name)
                .limit(5)
                .toList();
        return "layers here: " + String.join(", ", names) + " …";
    }
}
