package dev.millrace.quantization;

import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.TensorData;
import dev.millrace.onnx.edit.NodeGlobs;
import dev.millrace.stage.Option;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Stores weights in 16 bits; everything is still computed in float, and inputs and outputs stay as they are.
 *
 * <p>Each float initializer becomes a 16-bit one and a Cast, which ONNX Runtime computes once when it loads the model: half
 * the file, the same speed. float16 has 11 significant bits and reaches 65504, bfloat16 has 8 and the reach of float.
 * A weight with values beyond 65504 stays in float under float16. With calibration data, weights that rounding harms most
 * stay in float until {@code minFidelity} holds ({@link FidelityFloor}).
 */
final class WeightStorage implements Technique<WeightStorage.Options> {
    private static final float LARGEST_HALF = 65504;

    /** Smaller tensors are not worth a Cast. */
    private static final int LEAST_ELEMENTS = 16;

    /** Vectors stay in float: biases and scales are 1 % of the bytes, and an error in one is in all of its channel. */
    private static final int LEAST_RANK = 2;

    private final DataType type;

    private WeightStorage(DataType type) {
        this.type = type;
    }

    static WeightStorage float16() {
        return new WeightStorage(DataType.FLOAT16);
    }

    static WeightStorage bfloat16() {
        return new WeightStorage(DataType.BFLOAT16);
    }

    /** Options. */
    record Options(
            @Option(
                    value = "Nodes whose weights to leave in float, by name or operator type, with * and ?.",
                    defaultValue = "[]",
                    allowed = "each must match a node")
            List<String> ignored,

            @Option(
                    value = "Least cosine between the outputs of original and result, if there is calibration data.",
                    defaultValue = "0.999",
                    allowed = "0 ≤ minFidelity ≤ 1, 0 accepts anything")
            double minFidelity) {
        Options {
            if (!(minFidelity >= 0 && minFidelity <= 1)) {
                throw new IllegalArgumentException("minFidelity=" + minFidelity);
            }
        }
    }

    @Override
    public String name() {
        return type == DataType.FLOAT16 ? "float16" : "bfloat16";
    }

    @Override
    public String summary() {
        return "Weights stored as " + name() + ", computed in float.";
    }

    @Override
    public String useWhen() {
        return type == DataType.FLOAT16
                ? "Half the file is wanted at practically no loss."
                : "Half the file is wanted and weights reach beyond what float16 can hold.";
    }

    @Override
    public Class<Options> options() {
        return Options.class;
    }

    @Override
    public StageResult run(Options options, StageContext context) throws IOException {
        var model = PreparedModel.open(context.model());
        var ignored = NodeGlobs.of("ignored", options.ignored(), Model.read(context.model()));
        var report = new QuantizationReport();
        var weights = model.graphs()
                .flatMap(graph -> weights(graph, ignored, report))
                .distinct()
                .toList();
        if (weights.isEmpty()) {
            throw PreparedModel.nothingToQuantize(
                    context.model(), "a float weight of two axes or more and at least " + LEAST_ELEMENTS + " elements");
        }
        var file = context.workDirectory().resolve("model.onnx");
        write(model, weights, file);
        ResultCheck.loads(file, context, report);
        var data = context.data("calibration");
        if (data.isPresent()) {
            var floor = new FidelityFloor(context, data.get(), options.minFidelity(), report);
            weights = floor.hold(weights, (chosen, to) -> write(model, chosen, to), file);
        }
        report.field("weights", weights.size());
        return new StageResult(file, null, report.fields());
    }

    /** Names of the weights of a graph, not of graphs below it, that can be stored in 16 bits. */
    private Stream<String> weights(Graph graph, NodeGlobs ignored, QuantizationReport report) {
        Set<String> kept = new HashSet<>();
        graph.graphs()
                .flatMap(each -> each.nodes().stream())
                .filter(ignored::contains)
                .forEach(node -> {
                    kept.addAll(node.inputs());
                    report.left(node, "it was asked for");
                });
        return graph.initializers().stream()
                .filter(tensor -> tensor.type() == DataType.FLOAT
                        && tensor.rank() >= LEAST_RANK
                        && tensor.elements() >= LEAST_ELEMENTS
                        && !kept.contains(tensor.name())
                        && !graph.isInput(tensor.name())
                        && !graph.isOutput(tensor.name()))
                .filter(tensor -> fits(tensor, report))
                .map(Tensor::name);
    }

    private void write(Model model, Collection<String> weights, Path file) throws IOException {
        var copy = model.copy();
        var chosen = Set.copyOf(weights);
        for (var graph : copy.graphs().toList()) {
            List.copyOf(graph.initializers()).stream()
                    .filter(tensor -> chosen.contains(tensor.name()))
                    .forEach(tensor -> store(graph, tensor));
        }
        copy.write(file);
    }

    private boolean fits(Tensor tensor, QuantizationReport report) {
        if (type == DataType.BFLOAT16) {
            return true;
        }
        for (float value : tensor.floats()) {
            if (Math.abs(value) > LARGEST_HALF) {
                report.left(tensor.name(), "float16 cannot hold its largest element");
                return false;
            }
        }
        return true;
    }

    private void store(Graph graph, Tensor tensor) {
        var name = graph.freshName(tensor.name() + "_" + name());
        var data = TensorData.computed(
                () -> Tensor.floats(name, type, tensor.floats(), tensor.dims()).bytes());
        graph.removeInitializer(tensor.name());
        graph.put(Tensor.of(name, type, data, tensor.dims()));
        graph.addFirst(Node.of(
                "Cast",
                name + "_to_float",
                List.of(name),
                List.of(tensor.name()),
                Attribute.of("to", DataType.FLOAT.code())));
    }
}
