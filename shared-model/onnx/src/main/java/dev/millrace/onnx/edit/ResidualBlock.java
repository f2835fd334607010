package dev.millrace.onnx.edit;

import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Node;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Layers beside a connection that skips them, {@code to = from + f(from)} or an activation of it: the graph computes without
 * them too, for both ends have the same shape.
 *
 * @param from what enters
 * @param to what leaves
 * @param nodes between the two, in the order of the graph
 */
public record ResidualBlock(String from, String to, List<Node> nodes) {
    /** The blocks of a main graph that have weights of their own, in the order of the graph; none inside another. */
    public static List<ResidualBlock> of(Graph graph, Map<String, long[]> dims) {
        var blocks = new ArrayList<ResidualBlock>();
        for (var node : graph.order()) {
            if (node.is("Add") && node.inputs().size() == 2) {
                of(graph, dims, node, node.input(0), node.input(1))
                        .or(() -> of(graph, dims, node, node.input(1), node.input(0)))
                        .ifPresent(blocks::add);
            }
        }
        return blocks.stream()
                .filter(block -> blocks.stream()
                        .noneMatch(other -> !other.equals(block) && other.nodes.containsAll(block.nodes)))
                .toList();
    }

    private static Optional<ResidualBlock> of(
            Graph graph, Map<String, long[]> dims, Node sum, String from, String branch) {
        var shape = dims.get(from);
        if (shape == null || !Arrays.equals(shape, dims.get(sum.output()))) {
            return Optional.empty();
        }
        var inside = between(graph, from, branch);
        inside.add(sum);
        boolean closed = inside.stream()
                .filter(node -> !node.equals(sum))
                .flatMap(node -> node.outputs().stream())
                .allMatch(value -> !graph.isOutput(value) && inside.containsAll(graph.consumers(value)));
        if (inside.size() == 1 || !closed || !hasWeights(graph, inside)) {
            return Optional.empty();
        }
        var last = last(graph, sum, from);
        inside.add(last);
        var nodes = graph.order().stream().filter(inside::contains).toList();
        return graph.isOutput(last.output())
                ? Optional.empty()
                : Optional.of(new ResidualBlock(from, last.output(), nodes));
    }

    /** Nodes on the ways from one value to another; empty if there is none. */
    private static Set<Node> between(Graph graph, String from, String to) {
        var after = reached(graph.consumers(from), node -> consumers(graph, node));
        var before = reached(
                graph.producer(to).stream().toList(),
                node -> node.inputs().stream()
                        .flatMap(input -> graph.producer(input).stream())
                        .toList());
        after.retainAll(before);
        return after;
    }

    private static List<Node> consumers(Graph graph, Node node) {
        return node.outputs().stream()
                .flatMap(output -> graph.consumers(output).stream())
                .toList();
    }

    private interface Neighbours {
        Collection<Node> of(Node node);
    }

    private static Set<Node> reached(Collection<Node> starts, Neighbours next) {
        var reached = new LinkedHashSet<Node>();
        var open = new ArrayDeque<>(starts);
        while (!open.isEmpty()) {
            var node = open.pop();
            if (reached.add(node)) {
                open.addAll(next.of(node));
            }
        }
        return reached;
    }

    private static boolean hasWeights(Graph graph, Set<Node> nodes) {
        return nodes.stream()
                .flatMap(node -> node.inputs().stream())
                .anyMatch(input -> graph.initializer(input)
                        .filter(tensor -> tensor.type().isFloatingPoint() && tensor.rank() > 1)
                        .isPresent());
    }

    /** The sum, or what follows it alone if the same stands before the block: an activation, a normalization. */
    private static Node last(Graph graph, Node sum, String from) {
        var next = graph.onlyConsumer(sum.output());
        var before = graph.producer(from);
        return next.isPresent()
                        && before.isPresent()
                        && next.get().is(before.get().opType())
                        && next.get().input(0).equals(sum.output())
                        && !next.get().is("Add")
                ? next.get()
                : sum;
    }

    /** Types of the operators, in order: blocks that are built alike have the same. */
    public List<String> signature() {
        return nodes.stream().map(Node::opType).toList();
    }

    /** Takes the block out of the graph it was found in; what only it needed goes with it. */
    public void remove(Graph graph) {
        graph.replaceUses(to, from);
        graph.removeDead();
    }

    /**
     * Blocks that belong together, one after the other: as few as repeat the same signatures over a run of blocks of the same
     * shape, so that a transformer's layer is its attention and its feed-forward part.
     *
     * @return runs of such units; within a run all units are built alike and each begins where the one before it ends
     */
    public static List<List<List<ResidualBlock>>> runs(List<ResidualBlock> blocks, Map<String, long[]> dims) {
        var runs = new ArrayList<List<List<ResidualBlock>>>();
        var seen = new HashSet<ResidualBlock>();
        for (int start = 0; start < blocks.size(); start++) {
            if (!seen.add(blocks.get(start))) {
                continue;
            }
            var run = new ArrayList<>(List.of(blocks.get(start)));
            for (int i = start + 1; i < blocks.size(); i++) {
                var previous = run.get(run.size() - 1);
                var next = blocks.get(i);
                if (next.from.equals(previous.to) && Arrays.equals(dims.get(next.from), dims.get(previous.from))) {
                    run.add(next);
                    seen.add(next);
                }
            }
            runs.add(units(run));
        }
        return runs;
    }

    private static List<List<ResidualBlock>> units(List<ResidualBlock> run) {
        int length = period(run);
        var units = new ArrayList<List<ResidualBlock>>();
        for (int at = 0; at < run.size(); at += length) {
            units.add(List.copyOf(run.subList(at, at + length)));
        }
        return units;
    }

    /** The least number of blocks after which the same signatures come again, all of them if none do. */
    private static int period(List<ResidualBlock> run) {
        for (int length = 1; length < run.size(); length++) {
            if (run.size() % length == 0) {
                int period = length;
                boolean repeats = IntStream.range(period, run.size())
                        .allMatch(i -> run.get(i)
                                .signature()
                                .equals(run.get(i - period).signature()));
                if (repeats) {
                    return period;
                }
            }
        }
        return run.size();
    }
}
