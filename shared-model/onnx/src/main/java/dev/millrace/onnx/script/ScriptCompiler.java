package dev.millrace.onnx.script;

import dev.millrace.message.NearestName;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.ValueInfo;
import dev.millrace.onnx.edit.OpsetConverter;
import dev.millrace.onnx.op.Ops;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Compiles an ONNX graph to TorchScript: a node becomes a line, a float initializer a parameter, If and Loop become {@code
 * if} and {@code while}, model-local functions are written where they are called.
 *
 * <p>What no wanted output depends on is left out. One initializer is one parameter however often it is read, so tied
 * weights stay tied.
 */
public final class ScriptCompiler {
    private final Model model;
    private final ScriptOptions options;
    private final Slots slots;
    private final StringBuilder code = new StringBuilder();
    private String indent = "    ";
    private int variables;

    private ScriptCompiler(Model model, ScriptOptions options) {
        this.model = model;
        this.options = options;
        slots = new Slots(options);
    }

    /**
     * Compiles a model.
     *
     * @throws RefusedException {@code OPERATOR_UNSUPPORTED} naming the node, {@code OPSET_UNSUPPORTED}, {@code
     *     TYPE_UNSUPPORTED}, {@code INPUT_MISSING}, {@code UNKNOWN_VALUE} if a wanted output is no value of the main graph
     */
    public static Script compile(Model model, ScriptOptions options) {
        return new ScriptCompiler(model, options).compile();
    }

    private Script compile() {
        if (model.opset() > OpsetConverter.NEWEST) {
            throw new RefusedException(
                    "OPSET_UNSUPPORTED", "model", "opset " + model.opset(), "at most " + OpsetConverter.NEWEST);
        }
        var graph = model.graph();
        var scope = new Scope(null, graph, model.opsets());
        var inputs = graph.requiredInputs();
        for (int i = 0; i < inputs.size(); i++) {
            var input = inputs.get(i);
            scope.define(input.name(), argument(i, input));
            if (input.isSequence()) {
                scope.markSequence(input.name());
            }
        }
        var wanted = options.outputs().isEmpty()
                ? graph.outputs().stream().map(output -> output.name()).toList()
                : options.outputs();
        refuseUnknown(wanted);
        body(scope, wanted);
        var results = wanted.stream().map(name -> result(scope, name)).collect(Collectors.joining(" + "));
        var lists = wanted.stream().filter(scope::isSequence).toList();
        var lengths = lists.stream()
                .map(name -> "len(" + expression(scope, name, Slot.Role.WEIGHT) + ")")
                .collect(Collectors.joining(", ", " + [torch.tensor([", "])]"));
        line("return " + results + (lists.isEmpty() ? "" : lengths));
        var script = new Script(inputs, wanted, lists, slots.all(), "", options.batchStatistics());
        var header = "  def forward(self: __torch__.Net%s) -> List[Tensor]:%n"
                .formatted(inputs.isEmpty() ? "" : ", " + script.signature());
        return new Script(inputs, wanted, lists, script.slots(), header + code, options.batchStatistics());
    }

    /** The expression of an input; pictures are laid out as the convolutions want them. */
    private String argument(int index, ValueInfo input) {
        var where = "input '" + input.name() + "'";
        if (input.isSequence()) {
            return define("x%d[1:]".formatted(index));
        }
        if (!input.isTensor()) {
            throw new RefusedException(
                    "TYPE_UNSUPPORTED", where, "a map, sparse or optional value", "tensors and lists of them");
        }
        refuseNarrow(input);
        boolean picture = options.channelsLast()
                && input.shape().filter(shape -> shape.size() == 4).isPresent();
        if (picture) {
            return define("torch.contiguous(x%d, memory_format=2)".formatted(index));
        }
        boolean narrow = slots.type(input.type(), where) == TorchType.BFLOAT16; // DJL hands it over as float
        return narrow ? define("torch.to(x%d, %d)".formatted(index, TorchType.BFLOAT16.code())) : "x" + index;
    }

    private String define(String expression) {
        var variable = fresh();
        line(variable + " = " + expression);
        return variable;
    }

    private String result(Scope scope, String name) {
        var expression = expression(scope, name, Slot.Role.WEIGHT);
        if (scope.isSequence(name)) {
            return expression;
        }
        model.graph().valueInfo(name).ifPresent(ScriptCompiler::refuseNarrow);
        boolean narrow = model.graph()
                .valueInfo(name)
                .filter(info -> info.type() == DataType.BFLOAT16)
                .isPresent();
        return narrow ? "[torch.to(%s, %d)]".formatted(expression, TorchType.FLOAT32.code()) : "[" + expression + "]";
    }

    /** Types below a byte and float8 are read as constants, but have no arithmetic. */
    private static void refuseNarrow(ValueInfo info) {
        if (info.isTensor() && !TorchType.computes(info.type())) {
            throw new RefusedException(
                    "TYPE_UNSUPPORTED",
                    "'" + info.name() + "'",
                    info.type().name(),
                    "numbers of 8 bits and more, booleans");
        }
    }

    private void refuseUnknown(List<String> wanted) {
        var known = new HashSet<String>();
        model.graph().nodes().forEach(node -> known.addAll(node.outputs()));
        for (var name : wanted) {
            if (!known.contains(name) && !model.graph().defines(name)) {
                throw new RefusedException("UNKNOWN_VALUE", "model", name, NearestName.choices(name, known));
            }
        }
    }

    // --- nodes

    /** Writes the nodes of a graph that the wanted values depend on; for training, those of a known formula as one. */
    private void body(Scope scope, List<String> wanted) {
        var needed = needed(scope, wanted);
        for (var node : scope.graph().order()) {
            var formula = needed.get(node);
            if (formula != null && formula.isPresent()) {
                var expression = formula.get().script(this, scope);
                scope.define(node.output(0), define(expression));
                if (formula.get().isNarrow(this, scope)) {
                    scope.markNarrow(node.output(0));
                }
            } else if (formula != null && !node.is("Constant")) {
                node(scope, node);
            }
        }
    }

    /** The nodes that make the wanted values, and the formulas that some of them end. */
    private Map<Node, Optional<Fusion.Match>> needed(Scope scope, List<String> wanted) {
        var needed = new IdentityHashMap<Node, Optional<Fusion.Match>>();
        var pending = new ArrayDeque<>(wanted);
        while (!pending.isEmpty()) {
            var producer = scope.producer(pending.pop());
            if (producer.isPresent() && !needed.containsKey(producer.get())) {
                var node = producer.get();
                var formula = trains() ? Fusion.endingAt(scope, node) : Optional.<Fusion.Match>empty();
                needed.put(node, formula);
                pending.addAll(formula.map(Fusion.Match::inputs).orElse(node.inputs()));
                node.subgraphs().forEach(subgraph -> pending.addAll(subgraph.captures()));
            }
        }
        return needed;
    }

    private void node(Scope scope, Node node) {
        var function = model.functions().stream()
                .filter(each -> each.name().equals(node.opType())
                        && each.domain().equals(node.domain())
                        && each.overload().equals(node.overload()))
                .findFirst();
        if (function.isPresent()) {
            call(
                    scope,
                    node,
                    FunctionBody.of(function.get(), node),
                    function.get().opsets(model.opsets()));
            return;
        }
        long opset = scope.opsets().getOrDefault(node.domain(), 1L);
        var op = Ops.of(node, opset);
        op.form().emitter().emit(new NodeEmission(this, scope, node, op, opset));
    }

    private void call(Scope scope, Node node, Graph body, Map<String, Long> opsets) {
        var inner = new Scope(null, body, opsets);
        int index = 0;
        for (var input : body.inputs()) {
            var given = node.input(index++);
            if (!given.isEmpty()) {
                inner.define(input.name(), expression(scope, given, Slot.Role.WEIGHT));
            }
        }
        var outputs = body.outputs().stream().map(output -> output.name()).toList();
        body(inner, outputs);
        for (int i = 0; i < node.outputs().size(); i++) {
            scope.define(node.output(i), expression(inner, outputs.get(i), Slot.Role.WEIGHT));
        }
    }

    /** Writes a branch or a loop's body. */
    List<String> inline(Scope outer, Graph graph, List<String> arguments) {
        var scope = new Scope(outer, graph, outer.opsets());
        int index = 0;
        for (var input : graph.inputs()) {
            scope.define(input.name(), arguments.get(index++));
            if (input.isSequence()) {
                scope.markSequence(input.name());
            }
        }
        var outputs = graph.outputs().stream().map(output -> output.name()).toList();
        body(scope, outputs);
        return outputs.stream()
                .map(name -> expression(scope, name, Slot.Role.WEIGHT))
                .toList();
    }

    // --- values

    /** The expression of a value in the type that the graph says; a tensor of the file becomes an attribute of the module. */
    String expression(Scope scope, String value, Slot.Role role) {
        var expression = asIs(scope, value, role);
        return scope.isNarrow(value) ? "op.wide(" + expression + ")" : expression;
    }

    /** The expression of a value, bfloat16 where it was computed so. */
    String asIs(Scope scope, String value) {
        return asIs(scope, value, Slot.Role.WEIGHT);
    }

    /** The variable that a value has in bfloat16, made once. */
    String narrowed(Scope scope, String value) {
        if (scope.isNarrow(value)) {
            return asIs(scope, value);
        }
        return scope.narrowed(value).orElseGet(() -> {
            var variable = define("op.narrow(" + asIs(scope, value) + ")");
            scope.defineNarrowed(value, variable);
            return variable;
        });
    }

    private String asIs(Scope scope, String value, Slot.Role role) {
        return scope.expression(value)
                .or(() -> scope.known(value).map(known -> slots.of(known, role)))
                .orElseThrow(() ->
                        new RefusedException("GRAPH_MALFORMED", "graph", "'" + value + "' is made nowhere", "a value"));
    }

    Slots slots() {
        return slots;
    }

    /** Whether somebody outside wants to see a value. */
    boolean isWanted(String value) {
        return options.outputs().contains(value);
    }

    /** Whether products are computed in bfloat16, and what follows them stays in it. */
    boolean narrow() {
        return options.bfloat16();
    }

    boolean trains() {
        return options.differentiable();
    }

    // --- text

    void line(String statement) {
        code.append(indent).append(statement).append('\n');
    }

    void block(String header, Runnable content) {
        line(header + ":");
        var before = indent;
        indent += "  ";
        int start = code.length();
        content.run();
        if (code.length() == start) {
            line("pass");
        }
        indent = before;
    }

    String fresh() {
        return "v" + variables++;
    }
}
