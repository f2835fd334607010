package dev.millrace.onnx.channel;

import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Node;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** The axes of one node, for its rule to tie. What the rule does not mention is pinned. */
final class NodeAxes {
    private final Node node;
    private final Graph graph;
    private final Observation seen;
    private final AxisUnion union;
    private final List<Runnable> later;
    private final Set<Axis> mentioned = new HashSet<>();

    NodeAxes(Node node, Graph graph, Observation seen, AxisUnion union, List<Runnable> later) {
        this.node = node;
        this.graph = graph;
        this.seen = seen;
        this.union = union;
        this.later = later;
    }

    Node node() {
        return node;
    }

    Graph graph() {
        return graph;
    }

    Axis in(int input, int axis) {
        return axis(node.input(input), axis);
    }

    Axis out(int output, int axis) {
        return axis(node.output(output), axis);
    }

    private Axis axis(String value, int axis) {
        return new Axis(value, axis < 0 ? axis + dims(value).length : axis);
    }

    Observation seen() {
        return seen;
    }

    boolean has(int input) {
        return node.hasInput(input);
    }

    long[] inDims(int input) {
        return dims(node.input(input));
    }

    long[] outDims(int output) {
        return dims(node.output(output));
    }

    private long[] dims(String value) {
        return seen.dims().getOrDefault(value, new long[0]);
    }

    /** Both axes shrink by the same indices; axes of different size tie nothing. */
    void tie(Axis a, Axis b) {
        if (union.size(a) == union.size(b)) {
            tie(a, b, 0, union.size(b), 1);
        }
    }

    /** See {@link AxisUnion#tie}. */
    void tie(Axis part, Axis whole, int offset, int extent, int repeat) {
        mentioned.add(part);
        mentioned.add(whole);
        union.tie(part, whole, offset, extent, repeat);
    }

    /** All indices of both ranges go together. */
    void join(Axis a, int firstA, int countA, Axis b, int firstB, int countB) {
        mentioned.add(a);
        mentioned.add(b);
        union.join(a, firstA, countA, b, firstB, countB);
    }

    /** Axes that a reduction sums over, as attribute or constant input; empty for all of them. */
    long[] axes() {
        return node.hasInput(1) ? seen.integers().getOrDefault(node.input(1), new long[0]) : node.ints("axes");
    }

    /** The axis may shrink and nothing follows. */
    void free(Axis axis) {
        mentioned.add(axis);
    }

    /** Axis i of an input is axis i of an output. */
    void same(int input, int output) {
        for (int axis = 0; axis < Math.min(inDims(input).length, outDims(output).length); axis++) {
            tie(in(input, axis), out(output, axis));
        }
    }

    /** Axes of all inputs, aligned at the right, as in broadcasting. */
    void broadcast(int output) {
        for (int input = 0; input < node.inputs().size(); input++) {
            align(input, output, 0);
        }
    }

    /** The axes of an input without the last {@code skipped}, aligned at the right with those of an output. */
    void align(int input, int output, int skipped) {
        int shift = outDims(output).length - inDims(input).length;
        for (int axis = Math.max(0, -shift); axis < inDims(input).length - skipped; axis++) {
            tie(in(input, axis), out(output, axis + shift));
        }
    }

    /**
     * Elements stay in order while axes are merged and split. Of axes that are merged one may shrink: the first that nothing
     * else holds once all other nodes have been seen.
     */
    void regroup() {
        var a = inDims(0);
        var b = outDims(0);
        int i = 0;
        int j = 0;
        while (i < a.length && j < b.length) {
            int fromA = i;
            int fromB = j;
            long productA = a[i++];
            long productB = b[j++];
            while (productA != productB) {
                if (productA < productB && i < a.length) {
                    productA *= a[i++];
                } else if (j < b.length) {
                    productB *= b[j++];
                } else {
                    return;
                }
            }
            regroup(wide(node.input(0), fromA, i), wide(node.output(), fromB, j));
        }
    }

    private List<Axis> wide(String value, int from, int to) {
        return IntStream.range(from, to)
                .mapToObj(axis -> new Axis(value, axis))
                .filter(axis -> union.size(axis) > 1)
                .toList();
    }

    private void regroup(List<Axis> a, List<Axis> b) {
        if (!Stretch.follows(graph, node, seen, b)) {
            return;
        }
        if (a.size() == 1 && b.size() == 1) {
            tie(a.get(0), b.get(0));
        } else if (a.size() == 1) {
            choose(b, a.get(0));
        } else if (b.size() == 1) {
            choose(a, b.get(0));
        } else if (!a.isEmpty() && !b.isEmpty()) {
            outermost(a.get(0), b.get(0));
        }
    }

    private void outermost(Axis a, Axis b) {
        if (union.size(a) % union.size(b) == 0) {
            tie(b, a, 0, union.size(a), union.size(a) / union.size(b));
        } else if (union.size(b) % union.size(a) == 0) {
            tie(a, b, 0, union.size(b), union.size(b) / union.size(a));
        }
    }

    private void choose(List<Axis> parts, Axis whole) {
        mentioned.add(whole);
        mentioned.addAll(parts);
        later.add(() -> {
            var chosen = parts.stream().filter(union::free).findFirst();
            int repeat = 1;
            for (int i = parts.size() - 1; i >= 0; i--) {
                var part = parts.get(i);
                if (chosen.filter(part::equals).isPresent()) {
                    union.tie(part, whole, 0, union.size(whole), repeat);
                } else {
                    union.pin(part, "merged with other axes by " + node);
                }
                repeat *= union.size(part);
            }
            if (chosen.isEmpty()) {
                union.pin(whole, "merged with other axes by " + node);
            }
        });
    }

    /** Pins whatever the rule said nothing about. */
    void pinRest(String reason) {
        for (var values : Arrays.asList(node.inputs(), node.outputs())) {
            for (var value : new ArrayList<>(values)) {
                for (int axis = 0; axis < dims(value).length; axis++) {
                    if (!mentioned.contains(new Axis(value, axis))) {
                        union.pin(new Axis(value, axis), reason);
                    }
                }
            }
        }
    }
}
