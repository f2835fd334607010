package dev.millrace.quantization;

import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.edit.NodeGlobs;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The weights of a model that can be stored in blocks: two-axis constants of MatMul and Gemm, and tables of Gather. A weight
 * is taken only if every node that reads it can read blocks, along the same rows, because otherwise it would be stored twice.
 */
final class BlockPlan {
    /**
     * A node that reads a weight.
     *
     * @param graph the node's, which may be below the weight's
     * @param rowAxis axis of the weight along which its rows lie side by side
     */
    record Use(Graph graph, Node node, int rowAxis) {
        boolean isTable() {
            return node.is("Gather");
        }
    }

    /**
     * A weight and everything that reads it.
     *
     * @param graph where the weight is stored
     */
    record Entry(Graph graph, Tensor weight, List<Use> uses) {
        int rowAxis() {
            return uses.get(0).rowAxis();
        }

        private boolean isOutput() {
            return graph.isOutput(weight.name());
        }

        /** Nodes that read the weight, through a Transpose too, but are no uses. */
        private List<Node> strangers() {
            var known = uses.stream().map(Use::node).collect(Collectors.toSet());
            var read = new HashSet<>(List.of(weight.name()));
            var strangers = new ArrayList<Node>();
            for (var each : graph.graphs().toList()) {
                for (var node : each.nodes()) {
                    boolean reads = node.inputs().stream().anyMatch(read::contains);
                    if (reads && node.is("Transpose") && !each.isOutput(node.output())) {
                        read.add(node.output());
                    } else if (reads && !known.contains(node)) {
                        strangers.add(node);
                    }
                }
            }
            return strangers;
        }
    }

    private final NodeGlobs ignored;
    private final boolean tables;
    private final QuantizationReport report;
    private final IdentityHashMap<Graph, Map<String, Entry>> entries = new IdentityHashMap<>();
    private final List<Entry> inOrder = new ArrayList<>();

    private BlockPlan(NodeGlobs ignored, boolean tables, QuantizationReport report) {
        this.ignored = ignored;
        this.tables = tables;
        this.report = report;
    }

    /**
     * Finds the weights, in the order of the nodes.
     *
     * @param tables whether tables of Gather count
     * @param report is told the nodes left in float
     */
    static List<Entry> of(Model model, NodeGlobs ignored, boolean tables, QuantizationReport report) {
        var plan = new BlockPlan(ignored, tables, report);
        for (var graph : model.graph().graphs().toList()) {
            graph.nodes().forEach(node -> plan.visit(graph, node));
        }
        return plan.inOrder.stream().filter(plan::isWhole).toList();
    }

    private void visit(Graph graph, Node node) {
        if (node.is("Gather") && tables) {
            graph.constant(node.input(0))
                    .filter(Layer::isWeight)
                    .ifPresent(table -> add(new Use(graph, node, 0), table, tableObstacle(node, table)));
        }
        if (node.domain().isEmpty() && Layer.TYPES.contains(node.opType())) {
            var layer = Layer.of(graph, node);
            layer.ifPresent(each -> add(new Use(graph, node, each.channelAxis()), each.weight(), obstacle(each)));
            if (layer.isEmpty() && !node.is("MatMul")) {
                report.left(node, "its weight is computed");
            }
        }
    }

    private void add(Use use, Tensor weight, String obstacle) {
        var owner = owner(use.graph(), weight.name());
        var reason = ignored.contains(use.node())
                ? "it was asked for"
                : owner.isInput(weight.name()) ? "its weight is an input of the model" : obstacle;
        if (!reason.isEmpty()) {
            report.left(use.node(), reason);
            return;
        }
        entries.computeIfAbsent(owner, graph -> new LinkedHashMap<>())
                .computeIfAbsent(weight.name(), name -> {
                    var entry = new Entry(owner, weight, new ArrayList<>());
                    inOrder.add(entry);
                    return entry;
                })
                .uses()
                .add(use);
    }

    private static Graph owner(Graph graph, String value) {
        var owner = graph;
        while (!owner.defines(value)) {
            owner = owner.parent().orElseThrow();
        }
        return owner;
    }

    private static String tableObstacle(Node gather, Tensor table) {
        return gather.integer("axis", 0) == 0 ? obstacle(table) : "it does not look up rows";
    }

    private static String obstacle(Layer layer) {
        if (layer.node().opType().startsWith("Conv")) {
            return "only MatMul, Gemm and Gather read blocks";
        }
        boolean plain = layer.node().real("alpha", 1) == 1
                && layer.node().real("beta", 1) == 1
                && layer.node().integer("transA", 0) == 0;
        return plain ? obstacle(layer.weight()) : "its alpha, beta or transA is not the usual one";
    }

    private static String obstacle(Tensor weight) {
        if (weight.type() != DataType.FLOAT) {
            return "its weight is " + weight.type();
        }
        return weight.rank() == 2 ? "" : "its weight has " + weight.rank() + " axes";
    }

    private boolean isWhole(Entry entry) {
        var reason = entry.isOutput()
                ? Optional.of("its weight is an output of the model")
                : entry.uses().stream().map(Use::rowAxis).distinct().count() > 1
                        ? Optional.of("its weight is read along both axes")
                        : entry.strangers().stream().findFirst().map(node -> "its weight is also read by " + node);
        reason.ifPresent(text -> entry.uses().forEach(use -> report.left(use.node(), text)));
        return reason.isEmpty();
    }
}
