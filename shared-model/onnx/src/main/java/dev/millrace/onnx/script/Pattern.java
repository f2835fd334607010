package dev.millrace.onnx.script;

import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.stream.Stream;

/**
 * A small tree of operators that a graph may have, {@code Mul(x, Sigmoid(x))}.
 *
 * <table>
 * <caption>Notation</caption>
 * <tr><td>{@code Mul(x, y)}</td><td>an operator; the operands of Add and Mul in either order</td></tr>
 * <tr><td>{@code x}</td><td>any value, the same wherever the name stands</td></tr>
 * <tr><td>{@code w:matrix}, {@code b:vector}, {@code e:number}</td><td>a constant with two axes, one, or one element</td></tr>
 * <tr><td>{@code 0.5}</td><td>a constant of one element that is this number</td></tr>
 * <tr><td>{@code p | q}</td><td>the first that fits</td></tr>
 * </table>
 *
 * <p>Softmax and ReduceMean stand for those over the last axis.
 */
sealed interface Pattern {
    /**
     * Compares the tree with the value and what it is made of.
     *
     * @param found values of the names so far
     * @return the values with those that this tree adds; empty if it does not fit
     */
    Optional<Map<String, String>> match(Scope scope, String value, Map<String, String> found);

    /** Reads the notation above. */
    static Pattern of(String text) {
        var tokens = java.util.regex.Pattern.compile("[\\w.:]+|[(),|]")
                .matcher(text)
                .results()
                .map(MatchResult::group)
                .toList();
        var reader = new Reader(tokens);
        var pattern = reader.pattern();
        if (reader.at != tokens.size()) {
            throw new IllegalArgumentException(text + ": ends at token " + reader.at);
        }
        return pattern;
    }

    /** Reads tokens from left to right. */
    final class Reader {
        private final List<String> tokens;
        private int at;

        private Reader(List<String> tokens) {
            this.tokens = tokens;
        }

        private Pattern pattern() {
            var choices = new ArrayList<>(List.of(term()));
            while (skip("|")) {
                choices.add(term());
            }
            return choices.size() == 1 ? choices.get(0) : new Choice(List.copyOf(choices));
        }

        private Pattern term() {
            var name = tokens.get(at++);
            if (Character.isDigit(name.charAt(0))) {
                return new Literal(Double.parseDouble(name));
            }
            if (!skip("(")) {
                var parts = name.split(":", 2);
                return new Hole(parts[0], parts.length == 1 ? "value" : parts[1]);
            }
            var operands = new ArrayList<>(List.of(pattern()));
            while (skip(",")) {
                operands.add(pattern());
            }
            at++; // the closing parenthesis
            return new Call(name, List.copyOf(operands));
        }

        private boolean skip(String token) {
            boolean there = at < tokens.size() && tokens.get(at).equals(token);
            at += there ? 1 : 0;
            return there;
        }
    }

    /** One of several trees. */
    record Choice(List<Pattern> patterns) implements Pattern {
        @Override
        public Optional<Map<String, String>> match(Scope scope, String value, Map<String, String> found) {
            return patterns.stream()
                    .flatMap(pattern -> pattern.match(scope, value, found).stream())
                    .findFirst();
        }
    }

    /** A number of a formula; files round it to float. */
    record Literal(double number) implements Pattern {
        private static final double ROUNDING = 1e-4;

        @Override
        public Optional<Map<String, String>> match(Scope scope, String value, Map<String, String> found) {
            return scope.known(value)
                    .map(Scope.Known::tensor)
                    .filter(tensor -> tensor.elements() == 1 && tensor.type().isFloatingPoint())
                    .filter(tensor -> Math.abs(tensor.scalar() - number) <= ROUNDING * number)
                    .map(tensor -> found);
        }
    }

    /** A value with a name. */
    record Hole(String name, String kind) implements Pattern {
        @Override
        public Optional<Map<String, String>> match(Scope scope, String value, Map<String, String> found) {
            var before = found.get(name);
            if (value.isEmpty() || (before != null && !before.equals(value)) || !fits(scope, value)) {
                return Optional.empty();
            }
            var more = new HashMap<>(found);
            more.put(name, value);
            return Optional.of(more);
        }

        private boolean fits(Scope scope, String value) {
            Optional<Tensor> constant = scope.known(value)
                    .map(Scope.Known::tensor)
                    .filter(tensor -> tensor.type().isFloatingPoint());
            return switch (kind) {
                case "value" -> true;
                case "number" ->
                    constant.filter(tensor -> tensor.elements() == 1).isPresent();
                case "vector" -> constant.filter(tensor -> tensor.rank() == 1).isPresent();
                case "matrix" -> constant.filter(tensor -> tensor.rank() == 2).isPresent();
                default -> throw new IllegalArgumentException(kind);
            };
        }
    }

    /** An operator of the standard domain with its operands. */
    record Call(String type, List<Pattern> operands) implements Pattern {
        private static final Set<String> COMMUTATIVE = Set.of("Add", "Mul");

        @Override
        public Optional<Map<String, String>> match(Scope scope, String value, Map<String, String> found) {
            return scope.producer(value)
                    .filter(node -> node.is(type) && isPlain(scope, node))
                    .flatMap(node -> orders(node)
                            .flatMap(inputs -> all(scope, inputs, found).stream())
                            .findFirst());
        }

        private static Stream<List<String>> orders(Node node) {
            var inputs = node.inputs();
            return COMMUTATIVE.contains(node.opType())
                    ? Stream.of(inputs, List.of(inputs.get(1), inputs.get(0)))
                    : Stream.of(inputs);
        }

        private Optional<Map<String, String>> all(Scope scope, List<String> inputs, Map<String, String> found) {
            if (inputs.size() < operands.size()) {
                return Optional.empty();
            }
            var so = Optional.of(found);
            for (int i = 0; i < operands.size() && so.isPresent(); i++) {
                so = operands.get(i).match(scope, inputs.get(i), so.get());
            }
            return so;
        }

        /** Over the last axis where there is a choice, and without the broadcasting attributes of old opsets. */
        private static boolean isPlain(Scope scope, Node node) {
            return switch (node.opType()) {
                case "Softmax" -> node.integer("axis", scope.opsets().getOrDefault("", 1L) < 13 ? 1 : -1) == -1;
                case "ReduceMean" -> node.integer("keepdims", 1) == 1 && isLast(scope, node);
                default -> node.attributes().isEmpty();
            };
        }

        private static boolean isLast(Scope scope, Node node) {
            var axes = node.hasInput(1)
                    ? scope.known(node.input(1)).map(known -> known.tensor().longs())
                    : node.attribute("axes").map(attribute -> attribute.ints());
            return axes.filter(list -> list.length == 1 && list[0] == -1).isPresent();
        }
    }
}
