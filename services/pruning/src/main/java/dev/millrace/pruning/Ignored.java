package dev.millrace.pruning;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Node;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Layers left alone, by name, operator type or name of their weight: {@code /head/*}, {@code Conv}, {@code stft.*}. A star
 * stands for any characters, slashes too, a question mark for one. A node without a name goes by its first output.
 */
record Ignored(List<Pattern> patterns) {
    /** @throws RefusedException {@code NOTHING_MATCHES} naming the first pattern that matches no node and no weight */
    static Ignored of(List<String> globs, Model model) {
        var patterns = globs.stream().map(Ignored::pattern).toList();
        for (int i = 0; i < patterns.size(); i++) {
            var one = new Ignored(List.of(patterns.get(i)));
            if (model.nodes().noneMatch(one::matches)) {
                throw new RefusedException(
                        "NOTHING_MATCHES",
                        "option ignored",
                        globs.get(i),
                        "the name or operator type of a node or the name of a weight, * for any characters");
            }
        }
        return new Ignored(patterns);
    }

    boolean matches(Node node) {
        var name = node.name().isEmpty() ? node.output() : node.name();
        return matches(name)
                || matches(node.opType())
                || node.inputs().stream().skip(1).anyMatch(this::matches);
    }

    private boolean matches(String text) {
        return patterns.stream().anyMatch(pattern -> pattern.matcher(text).matches());
    }

    private static Pattern pattern(String glob) {
        var regex = new StringBuilder();
        glob.chars()
                .forEach(c -> regex.append(c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(Character.toString(c))));
        return Pattern.compile(regex.toString(), Pattern.DOTALL);
    }
}
