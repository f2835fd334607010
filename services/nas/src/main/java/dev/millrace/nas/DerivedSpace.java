package dev.millrace.nas;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.engine.Shapes;
import dev.millrace.message.Choice;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.channel.ChannelGroups;
import dev.millrace.onnx.channel.Cut;
import dev.millrace.onnx.channel.Observation;
import dev.millrace.onnx.channel.Slicer;
import dev.millrace.onnx.edit.ConstantNodes;
import dev.millrace.onnx.edit.NodeGlobs;
import dev.millrace.stage.StageContext;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * Networks that are part of the user's: fewer channels, heads and neurons in each group of them, fewer residual branches,
 * another activation. Weights are those of the user's model, of the channels that are worth most.
 *
 * <p>{@code width.1}, {@code width.2} … are the channels kept of each group in the order of the graph, {@code branch.1} …
 * whether a residual branch stays.
 */
final class DerivedSpace implements SearchSpace {
    /** The activation of the user's model. */
    private static final String OWN = "own";

    private static final Map<String, String> ACTIVATIONS = Map.of("relu", "Relu", "hardSwish", "HardSwish");

    private static final List<Knob> KNOBS = List.of(
            Knob.number("width", "[0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1]", 0, 1),
            Knob.flag("uniform", "false"),
            Knob.whole("multipleOf", "8", 1, 128),
            Knob.flag("branches", "true"),
            Knob.word("activation", "\"" + OWN + "\"", Set.of(OWN, "relu", "hardSwish")));

    private final Knobs knobs;
    private final Model model;
    private final Observation seen;
    private final List<Channels> groups;
    private final List<Shortcut> shortcuts;

    /** @throws RefusedException {@code SPACE_MISFIT} if nothing about the model can be smaller */
    DerivedSpace(JsonNode description, Model model, StageContext context) throws IOException {
        var open = ((ObjectNode) description).deepCopy();
        var globs = open.remove("ignored");
        knobs = new Knobs(open, KNOBS, "");
        this.model = model;
        var ignored = NodeGlobs.of("ignored", names(globs), model);
        ConstantNodes.toInitializers(model);
        var plain = Files.createTempFile(context.workDirectory(), "plain", ".onnx");
        model.write(plain);
        seen = Shapes.observation(plain, Measuring.sample(plain, context), context.workDirectory());
        var channels = ChannelGroups.of(model.graph(), seen, ignored::contains);
        groups = channels.groups().stream()
                .map(group -> new Channels(model.graph(), group))
                .toList();
        shortcuts = knobs.fixedFlag("branches") ? Shortcut.of(model.graph(), seen.dims()) : List.of();
        if (groups.isEmpty() && shortcuts.isEmpty()) {
            throw new RefusedException(
                    "SPACE_MISFIT",
                    "space of the model",
                    "no residual branch, and every width is fixed: " + channels.pinned(),
                    "a model with a layer between others");
        }
    }

    private static List<String> names(@Nullable JsonNode globs) {
        return globs == null
                ? List.of()
                : StreamSupport.stream(globs.spliterator(), false)
                        .map(JsonNode::asText)
                        .toList();
    }

    @Override
    public boolean inherits() {
        return true;
    }

    @Override
    public List<Choice> choices() {
        var choices = new ArrayList<Choice>();
        if (knobs.fixedFlag("uniform")) {
            choices.add(new Choice("width", knobs.allowed("width"), true, null));
        } else {
            for (int group = 0; group < groups.size(); group++) {
                var widths = widths(groups.get(group).group().size());
                if (widths.size() > 1) {
                    choices.add(new Choice(Architecture.perStage("width", group), widths, true, null));
                }
            }
        }
        for (int branch = 0; branch < shortcuts.size(); branch++) {
            choices.add(new Choice(
                    Architecture.perStage("branch", branch), List.of(BooleanNode.FALSE, BooleanNode.TRUE), true, null));
        }
        if (knobs.allowed("activation").size() > 1) {
            choices.add(new Choice("activation", knobs.allowed("activation"), false, null));
        }
        return choices;
    }

    /** Numbers of channels, ascending: the shares, rounded to the nearest multiple. */
    private List<JsonNode> widths(int size) {
        return knobs.allowed("width").stream()
                .map(share -> kept(size, share.doubleValue()))
                .distinct()
                .sorted()
                .<JsonNode>map(IntNode::valueOf)
                .toList();
    }

    private int kept(int size, double share) {
        int multiple = knobs.fixedWhole("multipleOf");
        int rounded = (int) Math.round(share * size / multiple) * multiple;
        return share == 1 ? size : Math.min(size, Math.max(Math.min(multiple, size), rounded));
    }

    @Override
    public Architecture settle(Map<String, JsonNode> chosen) {
        return Knobs.settle(choices(), chosen, Map.of());
    }

    @Override
    public Model build(Architecture architecture, long seed) {
        var candidate = model.copy();
        var graph = candidate.graph();
        var cut = new Cut();
        for (int group = 0; group < groups.size(); group++) {
            var channels = groups.get(group);
            cut.remove(channels.group(), channels.without(kept(architecture, group)));
        }
        Slicer.apply(candidate, new Observation(new LinkedHashMap<>(seen.dims()), seen.integers()), cut);
        for (int branch = 0; branch < shortcuts.size(); branch++) {
            if (!stays(architecture, branch)) {
                shortcuts.get(branch).take(graph);
            }
        }
        architecture
                .find("activation")
                .map(JsonNode::textValue)
                .map(ACTIVATIONS::get)
                .ifPresent(type -> {
                    for (var node : List.copyOf(graph.nodes())) {
                        if (ACTIVATIONS.containsValue(node.opType())) {
                            graph.replace(node, node.withType(type));
                        }
                    }
                });
        return candidate;
    }

    /** Whether candidates may have other operators than the model. */
    boolean changesOperators() {
        return knobs.allowed("activation").size() > 1
                || !knobs.allowed("activation").get(0).textValue().equals(OWN);
    }

    /** Groups of channels, in the order of the graph. */
    List<Channels> groups() {
        return groups;
    }

    /** Branches that can go. */
    List<Shortcut> shortcuts() {
        return shortcuts;
    }

    /** A copy of the model that everything is a part of. */
    Model whole() {
        return model.copy();
    }

    /** Channels of a group that an architecture keeps. */
    int kept(Architecture architecture, int group) {
        int size = groups.get(group).group().size();
        return architecture
                .find("width")
                .map(share -> kept(size, share.doubleValue()))
                .or(() -> architecture.find("width", group).map(JsonNode::intValue))
                .orElse(size);
    }

    /** Whether an architecture keeps a branch. */
    boolean stays(Architecture architecture, int branch) {
        return architecture
                .find(Architecture.perStage("branch", branch))
                .map(JsonNode::booleanValue)
                .orElse(true);
    }

    /** Takes a weight in place of the one of that name; candidates built from here on inherit it. */
    void inherit(Tensor weight) {
        model.graph().setConstant(weight);
    }
}
