package dev.millrace.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import dev.millrace.message.RefusedException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Nodes in the order they run, initializers, and declared values. Mutable, for one thread.
 *
 * <p>Names are unique across a graph and the graphs around it. A subgraph sees the values of the graphs around it;
 * lookups of constants go outwards, {@link #consumers} looks inwards. Nodes are found by identity: after {@link
 * #replace} the old node is no longer part of the graph.
 *
 * <p>To edit while iterating, iterate over a copy: {@code for (var node : List.copyOf(graph.nodes()))}.
 */
public final class Graph {
    /** Name, documentation, quantization annotations, metadata and unknown fields. */
    private final GraphProto rest;

    private final NodeList nodes = new NodeList();
    private final Map<String, Tensor> initializers = new LinkedHashMap<>();
    private final Map<String, SparseTensor> sparseInitializers = new LinkedHashMap<>();
    private final Map<String, ValueInfo> inputs = new LinkedHashMap<>();
    private final List<ValueInfo> outputs = new ArrayList<>();
    private final Map<String, ValueInfo> valueInfos = new LinkedHashMap<>();

    /** Function bodies store no initializers; what is put there becomes a Constant node. */
    private final boolean functionBody;

    private @Nullable Graph parent;
    private @Nullable Set<String> namesInUse;

    Graph(GraphProto rest, boolean functionBody) {
        this.rest = rest;
        this.functionBody = functionBody;
    }

    /** An empty graph. */
    public Graph(String name) {
        this(GraphProto.newBuilder().setName(name).build(), false);
    }

    public String name() {
        return rest.getName();
    }

    /** The graph around this one; empty for the main graph and for function bodies. */
    public Optional<Graph> parent() {
        return Optional.ofNullable(parent);
    }

    /** Nodes in the order they run; a live view. */
    public List<Node> nodes() {
        return nodes.view();
    }

    /** This graph and every graph below it, outer ones first. */
    public Stream<Graph> graphs() {
        return Stream.concat(
                Stream.of(this),
                List.copyOf(nodes()).stream()
                        .flatMap(node -> node.subgraphs().stream())
                        .flatMap(Graph::graphs));
    }

    // --- nodes

    /** Appends nodes. */
    public void add(Node... added) {
        insert(nodes.size(), added);
    }

    public void insertBefore(Node anchor, Node... added) {
        insert(indexOf(anchor), added);
    }

    public void insertAfter(Node anchor, Node... added) {
        insert(indexOf(anchor) + 1, added);
    }

    /** Puts nodes in front of all others. */
    public void addFirst(Node... added) {
        insert(0, added);
    }

    /** Puts {@code replacements}, possibly none, where {@code node} stands. */
    public void replace(Node node, Node... replacements) {
        int index = indexOf(node);
        nodes.remove(index);
        insert(index, replacements);
    }

    /** Removes a node; its initializers stay until {@link #removeDead}. */
    public void remove(Node node) {
        nodes.remove(indexOf(node));
    }

    private int indexOf(Node node) {
        int index = nodes.indexOf(node);
        if (index < 0) {
            throw new IllegalArgumentException(node + " is not a node of graph '" + name() + "'");
        }
        return index;
    }

    private void insert(int index, Node... added) {
        nodes.insert(index, added);
        for (var node : added) {
            node.outputs().forEach(this::use);
            use(node.name());
            for (var subgraph : node.subgraphs()) {
                subgraph.parent = this;
                root().namesInUse = null;
            }
        }
    }

    /** The node of this graph that makes a value; empty for inputs, initializers and values from outside. */
    public Optional<Node> producer(String value) {
        return Optional.ofNullable(nodes.producer(value));
    }

    /** Nodes of this graph that read a value, each once, directly or in a subgraph. */
    public List<Node> consumers(String value) {
        var direct = nodes.directConsumers(value);
        var capturing = nodes().stream()
                .filter(node -> !node.subgraphs().isEmpty() && !direct.contains(node))
                .filter(node -> node.subgraphs().stream()
                        .anyMatch(subgraph -> subgraph.captures().contains(value)))
                .toList();
        return Stream.concat(direct.stream(), capturing.stream()).toList();
    }

    /** The node that reads a value if there is exactly one and the value is no output of the graph. */
    public Optional<Node> onlyConsumer(String value) {
        var users = consumers(value);
        return users.size() == 1 && !isOutput(value) ? Optional.of(users.get(0)) : Optional.empty();
    }

    /** Names that this graph or a graph below it reads from the graphs around it. */
    public Set<String> captures() {
        var read = new LinkedHashSet<String>();
        for (var node : nodes()) {
            read.addAll(node.inputs());
            node.subgraphs().forEach(subgraph -> read.addAll(subgraph.captures()));
        }
        outputs.forEach(output -> read.add(output.name()));
        read.removeIf(name -> name.isEmpty() || defines(name));
        return read;
    }

    /** Whether a value is an input, an initializer or made by a node of this graph. */
    public boolean defines(String value) {
        return nodes.produces(value)
                || initializers.containsKey(value)
                || inputs.containsKey(value)
                || sparseInitializers.containsKey(value);
    }

    // --- names

    /** A name that nothing in the model has: {@code base}, or {@code base_1}, {@code base_2} … */
    public String freshName(String base) {
        var used = names();
        var name = base;
        for (int i = 1; name.isEmpty() || !used.add(name); i++) {
            name = base + "_" + i;
        }
        return name;
    }

    private Graph root() {
        var graph = this;
        while (graph.parent != null) {
            graph = graph.parent;
        }
        return graph;
    }

    private Set<String> names() {
        var root = root();
        var names = root.namesInUse;
        if (names == null) {
            var all = new HashSet<String>();
            root.graphs().forEach(graph -> {
                all.addAll(graph.initializers.keySet());
                all.addAll(graph.sparseInitializers.keySet());
                all.addAll(graph.inputs.keySet());
                graph.outputs.forEach(output -> all.add(output.name()));
                graph.nodes().forEach(node -> {
                    all.add(node.name());
                    all.addAll(node.outputs());
                    all.addAll(node.inputs());
                });
            });
            root.namesInUse = all;
            names = all;
        }
        return names;
    }

    private void use(String name) {
        var names = root().namesInUse;
        if (names != null) {
            names.add(name);
        }
    }

    /** Lets every reader of a value, in subgraphs too, read another; outputs of the graph keep their names. */
    public void replaceUses(String from, String to) {
        replaceUses(from, to, node -> true);
    }

    /** As {@link #replaceUses(String, String)}, for the nodes of this graph that pass the test. */
    public void replaceUses(String from, String to, Predicate<Node> which) {
        new Renaming(from, to).inReaders(this, which);
    }

    /**
     * Renames a value where it is made and wherever it is read, as an output of this graph too.
     *
     * @throws IllegalArgumentException if this graph does not define {@code from}, or {@code to} is taken
     */
    public void rename(String from, String to) {
        if (!defines(from) || defines(to)) {
            throw new IllegalArgumentException(
                    "cannot rename '" + from + "' to '" + to + "' in graph '" + name() + "'");
        }
        var renaming = new Renaming(from, to);
        renaming.inReaders(this, node -> true);
        producer(from).ifPresent(node -> replace(node, node.withOutputs(renaming.of(node.outputs()))));
        renaming.inKeys(initializers, tensor -> tensor.withName(to));
        renaming.inKeys(sparseInitializers, sparse -> sparse.withName(to));
        renaming.inKeys(inputs, input -> input.withName(to));
        renaming.inKeys(valueInfos, info -> info.withName(to));
        renameOutput(from, to);
        use(to);
    }

    void renameOutput(String from, String to) {
        outputs.replaceAll(output -> output.name().equals(from) ? output.withName(to) : output);
    }

    // --- constants

    public Collection<Tensor> initializers() {
        return Collections.unmodifiableCollection(initializers.values());
    }

    public Optional<Tensor> initializer(String name) {
        return Optional.ofNullable(initializers.get(name));
    }

    /** Adds an initializer or replaces the one of its name; in a function's body it becomes a Constant node. */
    public void put(Tensor initializer) {
        if (functionBody) {
            var name = initializer.name();
            var constant = Node.of("Constant", name, List.of(), List.of(name), Attribute.of("value", initializer));
            producer(name).ifPresentOrElse(old -> replace(old, constant), () -> addFirst(constant));
            return;
        }
        initializers.put(initializer.name(), initializer);
        sparseInitializers.remove(initializer.name());
        use(initializer.name());
    }

    public void removeInitializer(String name) {
        initializers.remove(name);
        sparseInitializers.remove(name);
    }

    public Collection<SparseTensor> sparseInitializers() {
        return Collections.unmodifiableCollection(sparseInitializers.values());
    }

    /** Adds a sparse initializer in place of whatever initializer has its name. */
    public void put(SparseTensor initializer) {
        initializers.remove(initializer.name());
        sparseInitializers.put(initializer.name(), initializer);
        use(initializer.name());
    }

    /**
     * A tensor known before running: an initializer, sparse ones made dense, or what a Constant node makes, here or in a
     * graph around this one. An initializer that is also an input of the graph is only a default and counts as constant all the same.
     *
     * @return the tensor under the name asked for
     */
    public Optional<Tensor> constant(String name) {
        var initializer = initializers.get(name);
        if (initializer != null) {
            return Optional.of(initializer);
        }
        var node = nodes.producer(name);
        if (node != null) {
            return Constants.of(node);
        }
        var sparse = sparseInitializers.get(name);
        if (sparse != null) {
            return Optional.of(sparse.dense());
        }
        return parent == null || defines(name) ? Optional.empty() : parent.constant(name);
    }

    /**
     * Replaces a constant where it stands, initializer or Constant node, here or in a graph around this one.
     *
     * @throws IllegalArgumentException if there is no constant of that name
     */
    public void setConstant(Tensor tensor) {
        var name = tensor.name();
        var node = nodes.producer(name);
        if (initializers.containsKey(name) || sparseInitializers.containsKey(name)) {
            put(tensor);
        } else if (node != null && node.is("Constant")) {
            replace(node, Constants.node(node, tensor));
        } else if (parent != null && !defines(name)) {
            parent.setConstant(tensor);
        } else {
            throw new IllegalArgumentException("graph '" + name() + "' has no constant '" + name + "'");
        }
    }

    // --- declared values

    public Collection<ValueInfo> inputs() {
        return Collections.unmodifiableCollection(inputs.values());
    }

    /** Inputs that a caller must feed: those without an initializer. */
    public List<ValueInfo> requiredInputs() {
        return inputs.values().stream()
                .filter(input ->
                        !initializers.containsKey(input.name()) && !sparseInitializers.containsKey(input.name()))
                .toList();
    }

    public boolean isInput(String value) {
        return inputs.containsKey(value);
    }

    public void addInput(ValueInfo input) {
        inputs.put(input.name(), input);
        use(input.name());
    }

    public void removeInput(String name) {
        inputs.remove(name);
    }

    public List<ValueInfo> outputs() {
        return Collections.unmodifiableList(outputs);
    }

    public boolean isOutput(String value) {
        return outputs.stream().anyMatch(output -> output.name().equals(value));
    }

    public void addOutput(ValueInfo output) {
        outputs.add(output);
    }

    public void setOutput(int index, ValueInfo output) {
        outputs.set(index, output);
    }

    public void removeOutput(String name) {
        outputs.removeIf(output -> output.name().equals(name));
    }

    /** Declared types of values between nodes. */
    public Collection<ValueInfo> valueInfos() {
        return Collections.unmodifiableCollection(valueInfos.values());
    }

    /** What is declared for a value: as input, output, or in between; here or in a graph around this one. */
    public Optional<ValueInfo> valueInfo(String value) {
        return Optional.ofNullable(inputs.get(value))
                .or(() -> Optional.ofNullable(valueInfos.get(value)))
                .or(() -> outputs.stream()
                        .filter(output -> output.name().equals(value))
                        .findFirst())
                .or(() -> parent == null || defines(value) ? Optional.empty() : parent.valueInfo(value));
    }

    public void putValueInfo(ValueInfo info) {
        valueInfos.put(info.name(), info);
    }

    public void removeValueInfo(String name) {
        valueInfos.remove(name);
    }

    public void clearValueInfos() {
        valueInfos.clear();
    }

    // --- order and liveness

    /**
     * Orders nodes so that each follows what it reads; nodes that are free to stay keep their order.
     *
     * @throws RefusedException {@code GRAPH_CYCLE} if there is no such order
     */
    public void sort() {
        nodes().forEach(node -> node.subgraphs().forEach(Graph::sort));
        nodes.reorder(order());
    }

    /**
     * The nodes of this graph, each after what it reads.
     *
     * @throws RefusedException {@code GRAPH_CYCLE} if there is no such order
     */
    public List<Node> order() {
        return TopologicalOrder.of(this);
    }

    /**
     * Removes what no output depends on: nodes, initializers that are no inputs, declarations of values that are gone;
     * in subgraphs too.
     *
     * @return number of nodes and initializers removed
     */
    public int removeDead() {
        return DeadCode.remove(this);
    }

    void retain(Set<Node> aliveNodes, Set<String> readValues) {
        List.copyOf(nodes()).stream().filter(node -> !aliveNodes.contains(node)).forEach(this::remove);
        initializers.keySet().removeIf(name -> !readValues.contains(name) && !inputs.containsKey(name));
        sparseInitializers.keySet().removeIf(name -> !readValues.contains(name) && !inputs.containsKey(name));
        valueInfos.keySet().removeIf(name -> !defines(name));
    }

    /** A graph that shares no mutable state with this one; tensor data is shared. */
    public Graph copy() {
        var copy = new Graph(rest, functionBody);
        copy.initializers.putAll(initializers);
        copy.sparseInitializers.putAll(sparseInitializers);
        copy.inputs.putAll(inputs);
        copy.outputs.addAll(outputs);
        copy.valueInfos.putAll(valueInfos);
        copy.add(nodes().stream().map(Node::copy).toArray(Node[]::new));
        return copy;
    }

    GraphProto rest() {
        return rest;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Graph that
                && rest.equals(that.rest)
                && nodes().equals(that.nodes())
                && List.copyOf(inputs.values()).equals(List.copyOf(that.inputs.values()))
                && outputs.equals(that.outputs)
                && valueInfos.equals(that.valueInfos)
                && sparseInitializers.equals(that.sparseInitializers)
                && initializers.equals(that.initializers);
    }

    @Override
    public int hashCode() {
        return rest.hashCode();
    }

    @Override
    public String toString() {
        return "graph '%s': %d nodes, %d initializers".formatted(name(), nodes.size(), initializers.size());
    }
}
