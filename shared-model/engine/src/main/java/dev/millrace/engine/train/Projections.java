package dev.millrace.engine.train;

import dev.millrace.engine.data.Batch;
import dev.millrace.engine.torch.ScriptModule;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.script.ScriptOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/**
 * Linear maps behind values of a student that are to be like wider or narrower ones of a teacher (Romero et al., "FitNets",
 * 2015). They are nodes of the graph while it is trained, learn with it, and are gone when this is closed.
 */
final class Projections implements AutoCloseable {
    private final Graph graph;
    private final Objective objective;
    private final List<Node> nodes;

    private Projections(Graph graph, Objective objective, List<Node> nodes) {
        this.graph = graph;
        this.objective = objective;
        this.nodes = nodes;
    }

    /**
     * Adds a projection for each hint whose student and teacher differ in width.
     *
     * @throws RefusedException {@code HINT_MISMATCH} if they differ in anything else
     */
    static Projections add(
            Model model, Objective objective, TrainingData data, TrainingSettings settings, Path directory)
            throws IOException {
        var hints = objective.terms().stream()
                .map(Objective.Term::loss)
                .filter(loss -> loss instanceof Loss.Hint hint && hint.measure().wantsSameShape())
                .map(Loss.Hint.class::cast)
                .toList();
        if (hints.isEmpty()) {
            return new Projections(model.graph(), objective, List.of());
        }
        var batch = data.epoch(0).iterator().next();
        var widths = new LinkedHashMap<Loss.Hint, Widths>();
        shapes(model, hints, batch, settings, directory)
                .forEach((hint, dims) -> widths(hint, dims, batch).ifPresent(found -> widths.put(hint, found)));
        var random = new Random(settings.seed());
        var nodes = new ArrayList<Node>();
        var terms = new ArrayList<Objective.Term>();
        for (var term : objective.terms()) {
            if (term.loss() instanceof Loss.Hint hint && widths.containsKey(hint)) {
                var node = widths.get(hint).add(model.graph(), hint.value(), random);
                nodes.add(node);
                terms.add(new Objective.Term(
                        term.weight(), new Loss.Hint(node.output(0), hint.target(), hint.measure())));
            } else {
                terms.add(term);
            }
        }
        return new Projections(model.graph(), new Objective(terms), nodes);
    }

    /** Dims of each hint's value. */
    private static Map<Loss.Hint, long[]> shapes(
            Model model, List<Loss.Hint> hints, Batch batch, TrainingSettings settings, Path directory)
            throws IOException {
        var values = hints.stream().map(Loss.Hint::value).distinct().toList();
        var options = ScriptOptions.training().outputs(values);
        var shapes = new LinkedHashMap<Loss.Hint, long[]>();
        try (var module = ScriptModule.open(model, options, directory, settings.threads());
                var outputs = module.run(batch.feed())) {
            hints.forEach(hint -> shapes.put(hint, outputs.get(hint.value()).dims()));
        }
        return shapes;
    }

    /** The widths of both if they differ: channels, axis 1, of pictures, else the last axis. */
    private static Optional<Widths> widths(Loss.Hint hint, long[] student, Batch batch) {
        var target = batch.expected().get(hint.target());
        if (target == null || Arrays.equals(target.dims(), student)) {
            return Optional.empty(); // who misses a target is told when it is read
        }
        int axis = student.length == 4 ? 1 : student.length - 1;
        var teacher = target.dims();
        var alike = teacher.clone();
        if (teacher.length == student.length) {
            alike[axis] = student[axis];
        }
        if (axis < 1 || !Arrays.equals(alike, student)) {
            throw new RefusedException(
                    "HINT_MISMATCH",
                    "hint '" + hint.value() + "'",
                    Arrays.toString(student) + " of the student, " + Arrays.toString(teacher) + " of the teacher",
                    "shapes that differ in their width only, axis " + axis);
        }
        return Optional.of(new Widths(student[axis], teacher[axis], student.length == 4));
    }

    /** Numbers of features, which are channels of pictures or a last axis. */
    private record Widths(long student, long teacher, boolean pictures) {
        /** Adds the product that maps a value of one width to the other. */
        Node add(Graph graph, String value, Random random) {
            var weights = new float[Math.toIntExact(student * teacher)];
            for (int i = 0; i < weights.length; i++) {
                weights[i] = (float) (random.nextGaussian() / Math.sqrt((double) student));
            }
            var weight = graph.freshName("projection.weight");
            graph.put(
                    pictures
                            ? Tensor.floats(weight, weights, teacher, student, 1, 1)
                            : Tensor.floats(weight, weights, student, teacher));
            var output = graph.freshName("projection");
            var node = Node.of(pictures ? "Conv" : "MatMul", output, List.of(value, weight), List.of(output));
            graph.add(node);
            return node;
        }
    }

    /** The same losses, the projected values in place of those of another width. */
    Objective objective() {
        return objective;
    }

    @Override
    public void close() {
        for (var node : nodes) {
            graph.remove(node);
            graph.removeInitializer(node.input(1));
        }
    }
}
