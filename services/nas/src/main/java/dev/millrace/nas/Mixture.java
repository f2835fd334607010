package dev.millrace.nas;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.Choice;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.ValueInfo;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * All architectures of a space of images in one network. What a choice could be stands side by side, each weighed by its
 * share, the softmax of numbers {@code α} that are weights of the network like others (Liu, Simonyan and Yang, "DARTS:
 * Differentiable architecture search", 2019). Only operations can be blended; a choice among sizes of values cannot.
 */
final class Mixture implements Blend {
    /** The knobs that say operations. */
    private static final Set<String> OPERATIONS =
            Set.of("block", "kernel", "expansion", "skip", "depth", "downsampling", "activation");

    /** Names of the numbers begin so. */
    private static final String ALPHA = "alpha.";

    private final List<Choice> choices;
    private final Architecture largest;
    private final Map<String, List<Part>> parts = new LinkedHashMap<>();
    private final Model model;

    /**
     * Builds the network, all shares of a choice alike.
     *
     * @param largest an architecture that says all that is not chosen
     * @throws RefusedException {@code BAD_KNOB} if something else than an operation is open
     */
    Mixture(List<Choice> choices, Architecture largest, ValueInfo input, Signature signature, long seed) {
        this.choices = choices;
        this.largest = largest;
        var layers = new Layers(seed);
        for (var choice : choices) {
            requireOperation(choice);
            parts.put(choice.name(), shared(choice, layers));
        }
        model = new ImageNetwork(largest, this, input, signature, layers).build();
    }

    private static void requireOperation(Choice choice) {
        var knob = choice.name().replaceFirst("\\.\\d+$", "");
        if (!OPERATIONS.contains(knob)) {
            throw new RefusedException(
                    "BAD_KNOB",
                    "space, " + knob,
                    choice.values().toString(),
                    "one value: only operations can be blended, which are " + new TreeSet<>(OPERATIONS));
        }
    }

    private static List<Part> shared(Choice choice, Layers layers) {
        int count = choice.values().size();
        var alpha = layers.model().initializer(Tensor.floats(alpha(choice), new float[count], count));
        var shares = layers.behind(alpha, "Softmax", List.of(), Attribute.of("axis", -1));
        return IntStream.range(0, count)
                .mapToObj(i -> new Part(
                        choice.values().get(i), layers.behind(shares, "Gather", List.of(layers.longs("place", i)))))
                .toList();
    }

    private static String alpha(Choice choice) {
        return ALPHA + choice.name();
    }

    /** Whether a tensor of the network says shares. */
    static boolean isAlpha(String tensor) {
        return tensor.startsWith(ALPHA);
    }

    /** The last value of every choice. */
    static Map<String, JsonNode> largest(List<Choice> choices) {
        return Choice.chosen(
                choices, choice -> choice.values().get(choice.values().size() - 1));
    }

    @Override
    public List<Part> parts(String knob, int stage) {
        var own = parts.get(Architecture.perStage(knob, stage));
        var common = parts.get(knob);
        return own != null ? own : common != null ? common : largest.parts(knob, stage);
    }

    Model model() {
        return model;
    }

    List<Choice> choices() {
        return choices;
    }

    /** The shares of each choice's values, as the numbers of a graph say. */
    Map<String, List<Double>> shares(Graph graph) {
        var all = new LinkedHashMap<String, List<Double>>();
        for (var choice : choices) {
            var alpha = graph.constant(alpha(choice)).orElseThrow().floats();
            all.put(choice.name(), softmax(alpha));
        }
        return all;
    }

    private static List<Double> softmax(float[] alpha) {
        double sum = 0;
        for (float each : alpha) {
            sum += Math.exp(each);
        }
        var shares = new ArrayList<Double>();
        for (float each : alpha) {
            shares.add(Math.exp(each) / sum);
        }
        return shares;
    }

    /** The values of an architecture, from the rank of each choice's value by share, 0 the largest. */
    Map<String, JsonNode> values(List<Integer> ranks, Map<String, List<Double>> shares) {
        return Choice.chosen(choices, choice -> {
            var byShare = byShare(Objects.requireNonNull(shares.get(choice.name())));
            return choice.values().get(byShare.get(ranks.get(choices.indexOf(choice))));
        });
    }

    /** Places by share, the largest first; of equal ones the earlier. */
    static List<Integer> byShare(List<Double> shares) {
        return IntStream.range(0, shares.size())
                .boxed()
                .sorted((a, b) -> Double.compare(shares.get(b), shares.get(a)))
                .toList();
    }
}
