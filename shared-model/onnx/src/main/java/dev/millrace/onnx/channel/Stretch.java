package dev.millrace.onnx.channel;

import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Node;
import java.util.List;
import java.util.Optional;

/** Where one number of a shape comes from: the constant that holds it, so that it can be changed. */
record Stretch(Node reader, int input, int index) {
    /** Whether target shapes can follow when these axes of a node's output shrink. */
    static boolean follows(Graph graph, Node node, Observation seen, List<Axis> axes) {
        if (!node.is("Reshape") && !node.is("Expand")) {
            return true;
        }
        var target = seen.integers().get(node.input(1));
        int shift = target == null ? 0 : target.length - seen.dimsOf(node.output()).length;
        return axes.stream().allMatch(axis -> {
            int entry = axis.number() + shift;
            return (target != null && (entry < 0 || target[entry] <= 1))
                    || fluent(graph, seen, node.input(1), entry)
                    || find(graph, seen, node, 1, entry).isPresent();
        });
    }

    /**
     * The constant that gives entry {@code index} of a node's input, through Concat, Unsqueeze and the like.
     *
     * @return empty if it is computed otherwise
     */
    static Optional<Stretch> find(Graph graph, Observation seen, Node reader, int input, int index) {
        var value = reader.input(input);
        if (graph.constant(value).isPresent()) {
            return Optional.of(new Stretch(reader, input, index));
        }
        var producer = graph.producer(value);
        if (producer.isEmpty()) {
            return Optional.empty();
        }
        var node = producer.get();
        return switch (node.opType()) {
            case "Identity", "Cast", "Unsqueeze", "Squeeze" -> find(graph, seen, node, 0, index);
            case "Concat" -> {
                int before = 0;
                for (int i = 0; i < node.inputs().size(); i++) {
                    int length = (int) seen.dimsOf(node.input(i))[0];
                    if (index < before + length) {
                        yield find(graph, seen, node, i, index - before);
                    }
                    before += length;
                }
                yield Optional.empty();
            }
            default -> Optional.empty();
        };
    }

    /** Whether an entry is a dimension read while running, so that it follows by itself. */
    private static boolean fluent(Graph graph, Observation seen, String value, int index) {
        var producer = graph.producer(value);
        if (producer.isEmpty()) {
            return false;
        }
        var node = producer.get();
        return switch (node.opType()) {
            case "Shape" -> true;
            case "Identity", "Cast", "Unsqueeze", "Squeeze", "Gather", "Slice" ->
                fluent(graph, seen, node.input(0), index);
            case "Concat" -> {
                int before = 0;
                for (var piece : node.inputs()) {
                    int length = (int) seen.dimsOf(piece)[0];
                    if (index < before + length) {
                        yield fluent(graph, seen, piece, index - before);
                    }
                    before += length;
                }
                yield false;
            }
            default -> false;
        };
    }
}
