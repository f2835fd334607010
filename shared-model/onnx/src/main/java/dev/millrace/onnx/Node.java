package dev.millrace.onnx;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One application of an operator: an immutable value, except that its subgraphs are mutable {@link Graph}s.
 *
 * <p>Attributes are read where they are used, with the default of the ONNX specification:
 * {@code node.ints("pads", 0, 0, 0, 0)}. An edit makes a new node, {@code graph.replace(node, node.withInput(1, "w"))}.
 */
public final class Node {
    private static final Set<String> RANDOM = Set.of(
            "Bernoulli",
            "Dropout",
            "Multinomial",
            "RandomNormal",
            "RandomNormalLike",
            "RandomUniform",
            "RandomUniformLike");

    /** Everything but inputs, outputs and attributes. */
    private final NodeProto rest;

    private final List<String> inputs;
    private final List<String> outputs;
    private final Map<String, Attribute> attributes;

    Node(NodeProto rest, List<String> inputs, List<String> outputs, Collection<Attribute> attributes) {
        this.rest = rest;
        this.inputs = List.copyOf(inputs);
        this.outputs = List.copyOf(outputs);
        this.attributes = new LinkedHashMap<>();
        attributes.forEach(attribute -> this.attributes.put(attribute.name(), attribute));
    }

    /** A node of the standard domain. */
    public static Node of(
            String opType, String name, List<String> inputs, List<String> outputs, Attribute... attributes) {
        var rest = NodeProto.newBuilder().setOpType(opType).setName(name).build();
        return new Node(rest, inputs, outputs, List.of(attributes));
    }

    public String name() {
        return rest.getName();
    }

    public String opType() {
        return rest.getOpType();
    }

    /** Operator domain; the standard one is empty, {@code "ai.onnx"} is read as that. */
    public String domain() {
        return rest.getDomain().equals("ai.onnx") ? "" : rest.getDomain();
    }

    /** Overload of a model-local function; usually empty. */
    public String overload() {
        return rest.getOverload();
    }

    /** Whether the node is this operator of the standard domain. */
    public boolean is(String opType) {
        return rest.getOpType().equals(opType) && domain().isEmpty();
    }

    /** Whether it may give other values each time. */
    public boolean isRandom() {
        return RANDOM.contains(opType());
    }

    /** Names of the inputs, an empty name where an optional one is left out. */
    public List<String> inputs() {
        return inputs;
    }

    /** Name of an input; empty if left out. */
    public String input(int index) {
        return index < inputs.size() ? inputs.get(index) : "";
    }

    public boolean hasInput(int index) {
        return !input(index).isEmpty();
    }

    /** Names of the outputs, an empty name where an optional one is left out. */
    public List<String> outputs() {
        return outputs;
    }

    /** Name of an output; empty if left out. */
    public String output(int index) {
        return index < outputs.size() ? outputs.get(index) : "";
    }

    /** The only output of most nodes. */
    public String output() {
        return output(0);
    }

    public Collection<Attribute> attributes() {
        return java.util.Collections.unmodifiableCollection(attributes.values());
    }

    public Optional<Attribute> attribute(String name) {
        return Optional.ofNullable(attributes.get(name));
    }

    public boolean has(String attribute) {
        return attributes.containsKey(attribute);
    }

    public long integer(String name, long otherwise) {
        var attribute = attributes.get(name);
        return attribute == null ? otherwise : attribute.integer();
    }

    public float real(String name, float otherwise) {
        var attribute = attributes.get(name);
        return attribute == null ? otherwise : attribute.real();
    }

    public String text(String name, String otherwise) {
        var attribute = attributes.get(name);
        return attribute == null ? otherwise : attribute.text();
    }

    public long[] ints(String name, long... otherwise) {
        var attribute = attributes.get(name);
        return attribute == null ? otherwise : attribute.ints();
    }

    public float[] reals(String name, float... otherwise) {
        var attribute = attributes.get(name);
        return attribute == null ? otherwise : attribute.floats();
    }

    public List<String> texts(String name) {
        var attribute = attributes.get(name);
        return attribute == null ? List.of() : attribute.texts();
    }

    public Optional<Tensor> tensor(String name) {
        return attribute(name).flatMap(attribute -> attribute.tensors().stream().findFirst());
    }

    public Optional<Graph> graph(String name) {
        return attribute(name).flatMap(attribute -> attribute.graphs().stream().findFirst());
    }

    /** Branches of an If, body of a Loop or Scan. */
    public List<Graph> subgraphs() {
        return attributes.values().stream()
                .flatMap(attribute -> attribute.graphs().stream())
                .toList();
    }

    public Node withName(String name) {
        return new Node(rest.toBuilder().setName(name).build(), inputs, outputs, attributes.values());
    }

    /** Another operator of the standard domain, everything else equal. */
    public Node withType(String opType) {
        var changed = rest.toBuilder().setOpType(opType).clearDomain().build();
        return new Node(changed, inputs, outputs, attributes.values());
    }

    public Node withDomain(String domain) {
        return new Node(rest.toBuilder().setDomain(domain).build(), inputs, outputs, attributes.values());
    }

    public Node withInputs(List<String> inputs) {
        return new Node(rest, inputs, outputs, attributes.values());
    }

    public Node withInputs(String... inputs) {
        return withInputs(Arrays.asList(inputs));
    }

    /** Sets one input, appending empty names as needed; an empty name at the end is dropped. */
    public Node withInput(int index, String name) {
        var changed = new ArrayList<>(inputs);
        while (changed.size() <= index) {
            changed.add("");
        }
        changed.set(index, name);
        while (!changed.isEmpty() && changed.get(changed.size() - 1).isEmpty()) {
            changed.remove(changed.size() - 1);
        }
        return withInputs(changed);
    }

    public Node withOutputs(List<String> outputs) {
        return new Node(rest, inputs, outputs, attributes.values());
    }

    public Node withOutputs(String... outputs) {
        return withOutputs(Arrays.asList(outputs));
    }

    /** Adds an attribute or replaces the one of that name. */
    public Node with(Attribute attribute) {
        var changed = new LinkedHashMap<>(attributes);
        changed.put(attribute.name(), attribute);
        return new Node(rest, inputs, outputs, changed.values());
    }

    /** Removes attributes; absent ones are no error. */
    public Node without(String... names) {
        var changed = new LinkedHashMap<>(attributes);
        changed.keySet().removeAll(List.of(names));
        return new Node(rest, inputs, outputs, changed.values());
    }

    /** The same node with subgraphs of its own. */
    Node copy() {
        return subgraphs().isEmpty()
                ? this
                : new Node(
                        rest,
                        inputs,
                        outputs,
                        attributes.values().stream().map(Attribute::copy).toList());
    }

    NodeProto rest() {
        return rest;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Node that
                && rest.equals(that.rest)
                && inputs.equals(that.inputs)
                && outputs.equals(that.outputs)
                && attributes.equals(that.attributes);
    }

    @Override
    public int hashCode() {
        return 31 * outputs.hashCode() + inputs.hashCode();
    }

    /** For messages to people: {@code Conv 'layer3.0.conv2'}; by its first output if it has no name. */
    @Override
    public String toString() {
        return opType() + " '" + (name().isEmpty() ? output() : name()) + "'";
    }
}
