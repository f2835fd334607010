package dev.millrace.nas;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.Choice;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ValueInfo;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Transformer encoders for tokens (Vaswani et al., 2017, normalized before each part): embeddings of words and places, layers
 * of attention and two dense maps, the mean over the tokens that count, and a dense layer.
 */
final class SequenceSpace implements SearchSpace {
    private static final String LAYERS = "layers";

    private static final List<Knob> KNOBS = List.of(
            Knob.whole(LAYERS, "2", 1, 48),
            Knob.whole("width", "64", 1, 8192),
            Knob.whole("heads", "4", 1, 64).ofEachStage(),
            Knob.whole("headSize", "16", 1, 512).ofEachStage(),
            Knob.whole("feedForward", "128", 1, 32_768).ofEachStage(),
            Knob.word("activation", "\"gelu\"", Set.of("gelu", "relu", "silu")),
            Knob.whole("vocabulary", "", 2, 10_000_000),
            Knob.whole("length", "128", 1, 65_536),
            Knob.number("learningRate", "", 0, 10));

    private final Knobs knobs;
    private final Signature signature;
    private final ValueInfo tokens;
    private final Optional<ValueInfo> mask;
    private final int vocabulary;

    /** @throws RefusedException {@code SPACE_MISFIT} if the model takes no tokens, or does not say how many there are */
    SequenceSpace(JsonNode description, Model model) {
        knobs = new Knobs(description, KNOBS, LAYERS);
        signature = Signature.of(model);
        tokens = signature.tokens();
        mask = signature.mask();
        vocabulary = knobs.allowed("vocabulary").stream()
                .findFirst()
                .map(JsonNode::intValue)
                .orElseGet(() -> vocabulary(model, tokens.name()));
    }

    /** Rows of the table that the tokens are looked up in. */
    private static int vocabulary(Model model, String tokens) {
        return model.graph().consumers(tokens).stream()
                .filter(node -> node.is("Gather") && node.input(1).equals(tokens))
                .flatMap(node -> model.graph().constant(node.input(0)).stream())
                .mapToInt(table -> (int) table.dim(0))
                .findFirst()
                .orElseThrow(() -> new RefusedException(
                        "SPACE_MISFIT",
                        "space, vocabulary",
                        "nothing, and no table that input '" + tokens + "' of the model is looked up in",
                        "the number of tokens"));
    }

    @Override
    public List<Choice> choices() {
        return knobs.choices();
    }

    @Override
    public Architecture settle(Map<String, JsonNode> chosen) {
        return knobs.settle(chosen);
    }

    @Override
    public Model build(Architecture architecture, long seed) {
        var layers = new Layers(seed);
        int width = architecture.whole("width");
        for (var input : signature.inputs()) {
            layers.model().graph().addInput(input);
        }
        var x = embedded(width, architecture.whole("length"), layers); // (N, T, width)
        var bias = mask.map(input -> bias(input.name(), layers)).orElse(null);
        for (int layer = 0; layer < architecture.whole(LAYERS); layer++) {
            x = layers.behind(x, "Add", List.of(attention(x, bias, width, layer, architecture, layers)));
            x = layers.behind(x, "Add", List.of(denseMaps(x, width, layer, architecture, layers)));
        }
        var pooled = pooled(layers.layerNorm(x, width), layers); // (N, width)
        return layers.finished(
                layers.dense(pooled, width, signature.classes()), signature.output(), signature.classes());
    }

    private String embedded(int width, int length, Layers layers) {
        var words = layers.gather(layers.normal("words", 1, vocabulary, width), tokens.name());
        var steps = layers.behind(
                tokens.name(), "Shape", List.of(), Attribute.of("start", 1), Attribute.of("end", 2)); // (1)
        var places = layers.behind(
                layers.normal("places", 0.1, length, width),
                "Slice",
                List.of(layers.longs("starts", 0), steps, layers.longs("axes", 0))); // (T, width)
        return layers.behind(words, "Add", List.of(places));
    }

    /** What is added to scores: 0 for tokens that count, a large negative number for others, {@code (N, 1, 1, T)}. */
    private static String bias(String mask, Layers layers) {
        var numbers = layers.behind(mask, "Cast", List.of(), Attribute.of("to", 1));
        var missing = layers.behind(layers.scalar(1), "Sub", List.of(numbers));
        var large = layers.behind(missing, "Mul", List.of(layers.scalar(-10_000)));
        return layers.behind(large, "Unsqueeze", List.of(layers.longs("axes", 1, 2)));
    }

    private static String attention(
            String x, @Nullable String bias, int width, int layer, Architecture architecture, Layers layers) {
        int heads = architecture.whole("heads", layer);
        int size = architecture.whole("headSize", layer);
        var normal = layers.layerNorm(x, width);
        var shape = layers.longs("shape", 0, 0, heads, size);
        var queries = split(normal, width, heads * size, shape, layers, 0, 2, 1, 3); // (N, heads, T, size)
        var keys = split(normal, width, heads * size, shape, layers, 0, 2, 3, 1); // (N, heads, size, T)
        var values = split(normal, width, heads * size, shape, layers, 0, 2, 1, 3);
        var scores = layers.behind(layers.behind(queries, "MatMul", List.of(keys)), "Mul", List.of(layers.scalar((float)
                (1 / Math.sqrt(size)))));
        var seen = bias == null ? scores : layers.behind(scores, "Add", List.of(bias));
        var shares = layers.behind(seen, "Softmax", List.of(), Attribute.of("axis", -1));
        var mixed = layers.behind(
                layers.behind(shares, "MatMul", List.of(values)),
                "Transpose",
                List.of(),
                Attribute.ints("perm", 0, 2, 1, 3));
        var joined = layers.behind(mixed, "Reshape", List.of(layers.longs("shape", 0, 0, (long) heads * size)));
        return layers.dense(joined, heads * size, width);
    }

    private static String split(String x, int from, int to, String shape, Layers layers, long... order) {
        var parts = layers.behind(layers.dense(x, from, to), "Reshape", List.of(shape));
        return layers.behind(parts, "Transpose", List.of(), Attribute.ints("perm", order));
    }

    private static String denseMaps(String x, int width, int layer, Architecture architecture, Layers layers) {
        int inner = architecture.whole("feedForward", layer);
        var wide = layers.dense(layers.layerNorm(x, width), width, inner);
        var active = Activation.of(architecture.word("activation")).behind(wide, layers);
        return layers.dense(active, inner, width);
    }

    /** The mean over the tokens that count. */
    private String pooled(String x, Layers layers) {
        if (mask.isEmpty()) {
            return layers.behind(x, "ReduceMean", List.of(), Attribute.ints("axes", 1), Attribute.of("keepdims", 0));
        }
        var numbers = layers.behind(mask.get().name(), "Cast", List.of(), Attribute.of("to", 1));
        var weights = layers.behind(numbers, "Unsqueeze", List.of(layers.longs("axes", 2))); // (N, T, 1)
        var axes = layers.longs("axes", 1);
        var sum = layers.behind(
                layers.behind(x, "Mul", List.of(weights)), "ReduceSum", List.of(axes), Attribute.of("keepdims", 0));
        var count = layers.behind(weights, "ReduceSum", List.of(axes), Attribute.of("keepdims", 0)); // (N, 1)
        return layers.behind(sum, "Div", List.of(layers.behind(count, "Max", List.of(layers.scalar(1)))));
    }
}
