package dev.millrace.onnx.script;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import dev.millrace.onnx.op.Emission;
import dev.millrace.onnx.op.Op;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A node being written by the compiler. */
record NodeEmission(ScriptCompiler compiler, Scope scope, Node node, Op op, long opset) implements Emission {
    /** Operators whose result is new memory that their own gradient does not read. */
    private static final Set<String> DISPOSABLE = Set.of(
            "Add",
            "AveragePool",
            "BatchNormalization",
            "Conv",
            "ConvTranspose",
            "Gemm",
            "LayerNormalization",
            "MatMul");

    /** Operators that may be computed in bfloat16. */
    private static final Set<String> PRODUCTS = Set.of("Conv", "ConvTranspose", "Gemm", "MatMul");

    /** Columns of the widest kernel that oneDNN computes channel by channel in all three passes. */
    private static final int WIDEST_BY_CHANNEL = 3;

    /** Operators whose result has the type of their first input, whatever they compute with inside. */
    private static final Set<String> FOLLOWERS = Set.of(
            "BatchNormalization",
            "Clip",
            "Flatten",
            "Gelu",
            "GlobalAveragePool",
            "HardSwish",
            "Identity",
            "LayerNormalization",
            "LeakyRelu",
            "MaxPool",
            "Relu",
            "Reshape",
            "Slice",
            "Split",
            "Squeeze",
            "Transpose",
            "Unsqueeze");

    /** Operators that look at the shape only. */
    private static final Set<String> MEASURES = Set.of("Shape", "Size");

    /** Operators that stay in bfloat16 if no input is known in float32 alone. */
    private static final Set<String> JOINERS = Set.of("Add", "Concat", "Mul", "Sub");

    @Override
    public String in(int input) {
        if (!has(input)) {
            throw new RefusedException("INPUT_MISSING", node.toString(), "no input " + input, "an input");
        }
        if (isNarrow() && (input == 0 || !FOLLOWERS.contains(node.opType()))) {
            return compiler.narrowed(scope, node.input(input));
        }
        return MEASURES.contains(node.opType())
                ? compiler.asIs(scope, node.input(input))
                : compiler.expression(scope, node.input(input), role(input));
    }

    /**
     * Whether the result is bfloat16: that of a product always, that of cheap operators behind one, which would spend their
     * time on conversions. Sums inside them are float32 all the same.
     */
    private boolean isNarrow() {
        if (!compiler.narrow() || !node.domain().isEmpty()) {
            return false;
        }
        return (PRODUCTS.contains(node.opType()) && !isSlowInBfloat16())
                || (FOLLOWERS.contains(node.opType())
                        && isNarrow(0)
                        && (node.is("Split") || node.outputs().size() == 1))
                || (JOINERS.contains(node.opType()) && joins());
    }

    /**
     * Whether oneDNN has no kernel of its own for a gradient in bfloat16 and takes one that is made for full convolutions:
     * channel by channel with a stride, measured 38 to 77 times as long as float32, or with seven columns, 3.4 times.
     */
    private boolean isSlowInBfloat16() {
        var weight = node.is("Conv") ? constant(1) : Optional.<Tensor>empty();
        return weight.filter(tensor -> tensor.rank() == 4 && tensor.dim(1) == 1 && node.integer("group", 1) > 1)
                .filter(tensor -> tensor.dim(3) > WIDEST_BY_CHANNEL || isStrided())
                .isPresent();
    }

    private boolean isStrided() {
        return Arrays.stream(node.ints("strides")).anyMatch(stride -> stride > 1);
    }

    private boolean isNarrow(int input) {
        return scope.isNarrow(node.input(input));
    }

    /** Whether one input is bfloat16 and the others are weights or read in bfloat16 by a product, as at the end of a layer. */
    private boolean joins() {
        boolean any = false;
        for (int input = 0; input < node.inputs().size(); input++) {
            if (isNarrow(input)) {
                any = true;
            } else if (constant(input).isEmpty()
                    && scope.narrowed(node.input(input)).isEmpty()) {
                return false;
            }
        }
        return any;
    }

    private Slot.Role role(int input) {
        if (!op.form().settings().contains(input)) {
            return Slot.Role.WEIGHT;
        }
        return op.form().updatesSettings() ? Slot.Role.STATISTIC : Slot.Role.CONSTANT;
    }

    @Override
    public Optional<Tensor> constant(int input) {
        return has(input) ? scope.known(node.input(input)).map(Scope.Known::tensor) : Optional.empty();
    }

    @Override
    public Optional<Integer> rank(int input) {
        return constant(input)
                .map(Tensor::rank)
                .or(() -> scope.graph()
                        .valueInfo(node.input(input))
                        .flatMap(info -> info.shape().map(List::size)));
    }

    @Override
    public boolean mayOverwrite(int input) {
        var value = node.input(input);
        boolean disposable = scope.producer(value)
                .filter(maker -> maker.domain().isEmpty() && DISPOSABLE.contains(maker.opType()))
                .filter(maker -> !maker.is("MatMul") || !endsFormula(maker)) // attention reads its result again
                .isPresent();
        return disposable
                && scope.graph().onlyConsumer(value).isPresent()
                && Collections.frequency(node.inputs(), value) == 1
                && !compiler.isWanted(value);
    }

    private boolean endsFormula(Node maker) {
        return compiler.trains() && Fusion.endingAt(scope, maker).isPresent();
    }

    @Override
    public DataType typeOf(int input) {
        return constant(input)
                .map(Tensor::type)
                .or(() -> scope.graph().valueInfo(node.input(input)).map(info -> info.type()))
                .orElse(DataType.UNDEFINED);
    }

    @Override
    public boolean isSequence(int input) {
        return scope.isSequence(node.input(input));
    }

    @Override
    public boolean trains() {
        return compiler.trains();
    }

    @Override
    public boolean trains(int input) {
        return constant(input).filter(compiler.slots()::trainable).isPresent();
    }

    @Override
    public String latent(int input, float[] numbers, String stored) {
        return compiler.slots().latent(scope.known(node.input(input)).orElseThrow(), numbers, stored);
    }

    @Override
    public int torchType(DataType type) {
        if (!TorchType.computes(type)) {
            throw new RefusedException("TYPE_UNSUPPORTED", node.toString(), type.name(), "types with arithmetic");
        }
        return compiler.slots().type(type, node.toString()).code();
    }

    @Override
    public void line(String statement) {
        compiler.line(statement);
    }

    @Override
    public void block(String header, Runnable body) {
        compiler.block(header, body);
    }

    @Override
    public String fresh() {
        return compiler.fresh();
    }

    @Override
    public void define(int output, String expression) {
        line(declare(output) + " = " + expression);
    }

    @Override
    public String declare(int output) {
        var variable = fresh();
        var name = node.output(output);
        if (!name.isEmpty()) {
            scope.define(name, variable);
            if (isNarrow()) {
                scope.markNarrow(name);
            }
            if (givesSequence(name)) {
                scope.markSequence(name);
            }
        }
        return variable;
    }

    private boolean givesSequence(String output) {
        return op.form().givesSequence()
                || (node.is("Identity") && isSequence(0))
                || scope.graph()
                        .valueInfo(output)
                        .filter(info -> info.isSequence())
                        .isPresent();
    }

    @Override
    public List<String> inline(Graph body, List<String> arguments) {
        return compiler.inline(scope, body, arguments);
    }
}
