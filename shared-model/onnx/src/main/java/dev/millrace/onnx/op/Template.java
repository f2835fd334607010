package dev.millrace.onnx.op;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Tensor;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A TorchScript expression with places for inputs and attributes.
 *
 * <table>
 * <caption>Places</caption>
 * <tr><td>{@code {0}}</td><td>an input, as a tensor</td></tr>
 * <tr><td>{@code {2=None}}</td><td>an input that may be left out, and what stands there then</td></tr>
 * <tr><td>{@code {*}}</td><td>all inputs, separated by commas; {@code {1*}} all but the first</td></tr>
 * <tr><td>{@code {alpha=1.0}}</td><td>an attribute and its default, whose look says the type: {@code 1.0}, {@code 1}, {@code
 * 'none'}, {@code [1, 1]}</td></tr>
 * <tr><td>{@code {axes|1:ints=None}}</td><td>an attribute in older opsets, an input in newer ones, read as a list of
 * integers; also {@code :int}, {@code :float}, {@code :floats}. Constants become literals</td></tr>
 * <tr><td>{@code {to:type}}</td><td>an attribute with the number of an ONNX type, as TorchScript's number</td></tr>
 * </table>
 *
 * <p>{@code op.name(...)} calls a function of the prelude.
 */
final class Template implements Emitter {
    private static final Pattern PLACE = Pattern.compile("\\{([\\w|]*\\*?)(?::(\\w+))?(?:=((?:[^{}]|\\{\\d+\\})*))?}");

    private final String text;
    private final int outputs;

    private Template(String text, int outputs) {
        this.text = text;
        this.outputs = outputs;
    }

    /** An operator with one output. */
    static Template of(String text) {
        return new Template(text, 1);
    }

    /** An expression that is a tuple of so many values. */
    static Template of(String text, int outputs) {
        return new Template(text, outputs);
    }

    @Override
    public void emit(Emission emission) {
        var expression = render(emission);
        if (outputs == 1) {
            emission.define(0, expression);
        } else {
            var names = IntStream.range(0, outputs).mapToObj(emission::declare).collect(Collectors.joining(", "));
            emission.line(names + " = " + expression);
        }
    }

    /** The expression with every place filled in. */
    String render(Emission emission) {
        return PLACE.matcher(text).replaceAll(place -> Matcher.quoteReplacement(fill(emission, place)));
    }

    private static String fill(Emission emission, MatchResult place) {
        var sources = place.group(1);
        if (sources.endsWith("*")) {
            int first = sources.length() == 1 ? 0 : Integer.parseInt(sources, 0, sources.length() - 1, 10);
            return IntStream.range(first, emission.node().inputs().size())
                    .filter(emission::has)
                    .mapToObj(emission::in)
                    .collect(Collectors.joining(", "));
        }
        @Nullable String kind = place.group(2);
        @Nullable String otherwise = place.group(3);
        for (var source : sources.split("\\|")) {
            if (Character.isDigit(source.charAt(0))) {
                int input = Integer.parseInt(source);
                if (emission.has(input)) {
                    return kind == null ? emission.in(input) : read(emission, input, kind);
                }
            } else {
                var attribute = emission.node().attribute(source);
                if (attribute.isPresent()) {
                    return literal(emission, attribute.get(), kind, otherwise);
                }
            }
        }
        if (otherwise == null) {
            throw new RefusedException(
                    "INPUT_MISSING", emission.node().toString(), "no " + sources.replace("|", " and no input "), "it");
        }
        return otherwise.equals("[]") ? emptyList(kind) : Template.of(otherwise).render(emission);
    }

    private static String emptyList(@Nullable String kind) {
        return "texts".equals(kind)
                ? Literal.of(List.<String>of())
                : "floats".equals(kind) ? Literal.of(new float[0]) : Literal.of(new long[0]);
    }

    /** An input as a Python value instead of a tensor. */
    private static String read(Emission emission, int input, String kind) {
        return emission.constant(input)
                .map(tensor -> constant(tensor, kind))
                .orElseGet(() -> "op.to_%s(%s)".formatted(kind, emission.in(input)));
    }

    private static String constant(Tensor tensor, String kind) {
        return switch (kind) {
            case "ints" -> Literal.of(integers(tensor));
            case "int" -> Literal.of(integers(tensor)[0]);
            case "floats" -> Literal.of(tensor.floats());
            case "float" -> Literal.of(tensor.floats()[0]);
            default -> throw new IllegalArgumentException("kind " + kind);
        };
    }

    /** Old opsets count in floats here and there. */
    private static long[] integers(Tensor tensor) {
        if (!tensor.type().isFloatingPoint()) {
            return tensor.longs();
        }
        var floats = tensor.floats();
        return IntStream.range(0, floats.length)
                .mapToLong(i -> (long) floats[i])
                .toArray();
    }

    private static String literal(
            Emission emission, Attribute attribute, @Nullable String kind, @Nullable String otherwise) {
        if (kind == null) {
            return literal(attribute, otherwise == null ? "" : otherwise);
        }
        return switch (kind) {
            case "type" -> Integer.toString(emission.torchType(DataType.of((int) attribute.integer())));
            case "ints" -> Literal.of(attribute.ints());
            case "int" -> Literal.of(attribute.integer());
            case "floats" -> Literal.of(attribute.floats());
            case "float" -> Literal.of(attribute.real());
            case "texts" -> Literal.of(attribute.texts());
            default -> throw new IllegalArgumentException("kind " + kind);
        };
    }

    /** The type is that of the default; old files leave an attribute's own type out. */
    private static String literal(Attribute attribute, String otherwise) {
        if (otherwise.startsWith("'")) {
            return Literal.of(attribute.text());
        }
        if (otherwise.startsWith("[")) {
            return Literal.of(attribute.ints());
        }
        return otherwise.contains(".") ? Literal.of(attribute.real()) : Literal.of(attribute.integer());
    }
}
