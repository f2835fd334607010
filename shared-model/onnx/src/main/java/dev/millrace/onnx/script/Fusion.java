package dev.millrace.onnx.script;

import dev.millrace.onnx.Node;
import dev.millrace.onnx.op.Literal;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.stream.Stream;

/**
 * Formulas that exporters write as several operators and libtorch computes with one, forward and gradient.
 *
 * <p>What is inside a formula is left out unless something else reads it. The results are equal up to rounding.
 */
enum Fusion {
    /** {@code x·Φ(x)}, Φ by the error function. */
    GELU(
            "torch.gelu({x})",
            "Mul(Mul(x, Add(Erf(Div(x, 1.41421356) | Mul(x, 0.70710678)), 1)), 0.5)",
            "Mul(x, Mul(Add(Erf(Div(x, 1.41421356) | Mul(x, 0.70710678)), 1), 0.5))",
            "Mul(Mul(x, 0.5), Add(Erf(Div(x, 1.41421356) | Mul(x, 0.70710678)), 1))"),
    /** The same with Φ by the hyperbolic tangent. */
    GELU_TANH(
            "torch.gelu({x}, approximate='tanh')",
            "Mul(Mul(x, 0.5), Add(" + Fusion.TANH + ", 1))",
            "Mul(x, Mul(Add(" + Fusion.TANH + ", 1), 0.5))",
            "Mul(Mul(x, Add(" + Fusion.TANH + ", 1)), 0.5)"),
    /** {@code x·σ(x)}, also called swish. */
    SILU("torch.silu({x})", "Mul(x, Sigmoid(x))"),
    /** {@code (x − mean) / √(variance + e)·g + b} over the last axis. */
    LAYER_NORM(
            "op.layer_norm({x}, {g}, {b}, -1, {e})[0]",
            "Add(Mul(Div(" + Fusion.CENTRED + ", Sqrt(Add(ReduceMean(Pow(" + Fusion.CENTRED + ", 2) | Mul("
                    + Fusion.CENTRED + ", " + Fusion.CENTRED + ")), e:number))), g:vector), b:vector)"),
    /** {@code softmax(q·k·s + m)·v}, keys transposed; scale and mask may be missing. */
    SCALED_MASKED_ATTENTION(
            "op.softmax_attention({q}, {k}, {v}, {m}, {s})", "MatMul(Softmax(Add(Mul(MatMul(q, k), s:number), m)), v)"),
    DIVIDED_MASKED_ATTENTION(
            "op.softmax_attention({q}, {k}, {v}, {m}, 1.0 / {s})",
            "MatMul(Softmax(Add(Div(MatMul(q, k), s:number), m)), v)"),
    MASKED_ATTENTION("op.softmax_attention({q}, {k}, {v}, {m}, 1.0)", "MatMul(Softmax(Add(MatMul(q, k), m)), v)"),
    SCALED_ATTENTION(
            "op.softmax_attention({q}, {k}, {v}, None, {s})", "MatMul(Softmax(Mul(MatMul(q, k), s:number)), v)"),
    DIVIDED_ATTENTION(
            "op.softmax_attention({q}, {k}, {v}, None, 1.0 / {s})", "MatMul(Softmax(Div(MatMul(q, k), s:number)), v)"),
    ATTENTION("op.softmax_attention({q}, {k}, {v}, None, 1.0)", "MatMul(Softmax(MatMul(q, k)), v)"),
    /** {@code x·w + b}, the layer that PyTorch calls linear. */
    LINEAR("op.linear({x}, {w}, {b})", "Add(MatMul(x, w:matrix), b:vector)");

    /** Inner part of the formula with the hyperbolic tangent. */
    private static final String TANH =
            "Tanh(Mul(Add(x, Mul(Pow(x, 3) | Mul(Mul(x, x), x) | Mul(x, Mul(x, x)), 0.044715)), 0.79788456))";

    private static final String CENTRED = "Sub(x, ReduceMean(x))";

    private static final Set<String> NUMBERS = Set.of("e", "s");

    /** Operands of products. */
    private static final Set<String> FACTORS = Set.of("q", "k", "v", "x", "w", "b");

    private static final java.util.regex.Pattern PLACE = java.util.regex.Pattern.compile("\\{(\\w+)}");

    private final String script;
    private final List<Pattern> patterns;

    Fusion(String script, String... patterns) {
        this.script = script;
        this.patterns = Arrays.stream(patterns).map(Pattern::of).toList();
    }

    /**
     * A formula in a graph.
     *
     * @param values names of the formula and the values that stand for them
     */
    record Match(Fusion fusion, Map<String, String> values) {
        List<String> inputs() {
            return List.copyOf(values.values());
        }

        /** The expression that computes it; scale and epsilon are numbers. */
        String script(ScriptCompiler compiler, Scope scope) {
            return PLACE.matcher(fusion.script).replaceAll(place -> {
                var name = place.group(1);
                var value = Objects.requireNonNull(values.get(name), name);
                return Matcher.quoteReplacement(
                        NUMBERS.contains(name)
                                ? Literal.of(scope.known(value)
                                        .orElseThrow()
                                        .tensor()
                                        .scalar())
                                : operand(compiler, scope, name, value));
            });
        }

        private String operand(ScriptCompiler compiler, Scope scope, String name, String value) {
            if (compiler.narrow() && fusion.isProduct() && FACTORS.contains(name)) {
                return compiler.narrowed(scope, value);
            }
            return name.equals("x") ? compiler.asIs(scope, value) : compiler.expression(scope, value, Slot.Role.WEIGHT);
        }

        /** Whether the result is bfloat16. */
        boolean isNarrow(ScriptCompiler compiler, Scope scope) {
            return compiler.narrow()
                    && (fusion.isProduct() || scope.isNarrow(Objects.requireNonNull(values.get("x"), "x")));
        }
    }

    /** Whether it multiplies matrices; the others keep the type of their input. */
    private boolean isProduct() {
        return compareTo(SCALED_MASKED_ATTENTION) >= 0;
    }

    /** The formula whose last operator is {@code node}. */
    static Optional<Match> endingAt(Scope scope, Node node) {
        return node.outputs().size() != 1
                ? Optional.empty()
                : Arrays.stream(values())
                        .flatMap(fusion -> fusion.matches(scope, node.output(0)))
                        .findFirst();
    }

    private Stream<Match> matches(Scope scope, String value) {
        return patterns.stream()
                .flatMap(pattern -> pattern.match(scope, value, Map.of()).stream())
                .map(values -> new Match(this, values));
    }
}
