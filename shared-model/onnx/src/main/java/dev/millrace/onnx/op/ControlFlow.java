package dev.millrace.onnx.op;

import static dev.millrace.onnx.op.Form.op;

import dev.millrace.onnx.Graph;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Operators with graphs in them: branches and loops. */
enum ControlFlow implements Op {
    IF(op("If", ControlFlow::branch)),
    LOOP(op("Loop", ControlFlow::loop).settings(0, 1)),
    SCAN(op("Scan", ControlFlow::scan).since(9)),
    SCAN_8(op("Scan", ControlFlow::scanRows).until(8));

    private final Form form;

    ControlFlow(Form form) {
        this.form = form;
    }

    @Override
    public Form form() {
        return form;
    }

    private static void branch(Emission e) {
        int outputs = e.node().outputs().size();
        var results = IntStream.range(0, outputs).mapToObj(e::declare).toList();
        e.block("if bool(" + e.in(0) + ")", () -> assign(e, results, e.inline(body(e, "then_branch"), List.of())));
        e.block("else", () -> assign(e, results, e.inline(body(e, "else_branch"), List.of())));
    }

    /** Inputs: trip count, condition, carried values. Outputs: carried values, then one stack for each value of a turn. */
    private static void loop(Emission e) {
        var body = body(e, "body");
        int carriedCount = e.node().inputs().size() - 2;
        var carried = new ArrayList<String>();
        for (int i = 0; i < carriedCount; i++) {
            carried.add(e.declare(i));
            e.line(carried.get(i) + " = " + e.in(i + 2));
        }
        var stacks = stacks(e, body.outputs().size() - 1 - carriedCount);
        var turn = e.fresh();
        var turns = e.fresh();
        var goesOn = e.fresh();
        e.line(turn + " = 0");
        e.line(turns + " = " + (e.has(0) ? "int(" + e.in(0) + ")" : Long.toString(Long.MAX_VALUE)));
        e.line(goesOn + " = " + (e.has(1) ? "bool(" + e.in(1) + ")" : "True"));
        e.block("while %s and %s < %s".formatted(goesOn, turn, turns), () -> {
            var arguments = new ArrayList<>(List.of("torch.tensor(" + turn + ")", "torch.tensor(" + goesOn + ")"));
            arguments.addAll(carried);
            var values = e.inline(body, arguments);
            e.line(goesOn + " = bool(" + values.get(0) + ")");
            e.line(turn + " = " + turn + " + 1");
            append(e, stacks, values.subList(1 + carriedCount, values.size()));
            assign(e, carried, values.subList(1, 1 + carriedCount));
        });
        for (int i = 0; i < stacks.size(); i++) {
            e.define(carriedCount + i, "op.stacked(" + stacks.get(i) + ", 0, 0)");
        }
    }

    /** Inputs: states, then tensors that are read slice by slice. Outputs: states, then tensors of the slices made. */
    private static void scan(Emission e) {
        var body = body(e, "body");
        int scanned = Math.toIntExact(e.node().integer("num_scan_inputs", 1));
        int stateCount = e.node().inputs().size() - scanned;
        int made = body.outputs().size() - stateCount;
        var axes = e.node().ints("scan_input_axes", new long[scanned]);
        var directions = e.node().ints("scan_input_directions", new long[scanned]);
        var states = new ArrayList<String>();
        for (int i = 0; i < stateCount; i++) {
            states.add(e.declare(i));
            e.line(states.get(i) + " = " + e.in(i));
        }
        var stacks = stacks(e, made);
        var turn = e.fresh();
        e.block("for %s in range(torch.size(%s, %d))".formatted(turn, e.in(stateCount), axes[0]), () -> {
            var arguments = new ArrayList<>(states);
            for (int i = 0; i < scanned; i++) {
                var at = directions[i] == 0 ? turn : "-1 - " + turn;
                arguments.add("torch.select(%s, %d, %s)".formatted(e.in(stateCount + i), axes[i], at));
            }
            var values = e.inline(body, arguments);
            append(e, stacks, values.subList(stateCount, values.size()));
            assign(e, states, values.subList(0, stateCount));
        });
        var outputAxes = e.node().ints("scan_output_axes", new long[made]);
        var outputDirections = e.node().ints("scan_output_directions", new long[made]);
        for (int i = 0; i < made; i++) {
            e.define(
                    stateCount + i,
                    "op.stacked(%s, %d, %d)".formatted(stacks.get(i), outputAxes[i], outputDirections[i]));
        }
    }

    /** The first form, in which every row of a batch is scanned on its own, along the second axis. */
    private static void scanRows(Emission e) {
        if (e.has(0)) {
            throw e.refuse("lengths of the sequences", "sequences of equal length");
        }
        var body = body(e, "body");
        int scanned = Math.toIntExact(e.node().integer("num_scan_inputs", 1));
        int stateCount = e.node().inputs().size() - 1 - scanned;
        var directions = e.node().ints("directions", new long[scanned]);
        var rows = stacks(e, body.outputs().size());
        var row = e.fresh();
        e.block("for %s in range(torch.size(%s, 0))".formatted(row, e.in(1 + stateCount)), () -> {
            var states = new ArrayList<String>();
            for (int i = 0; i < stateCount; i++) {
                states.add(e.fresh());
                e.line("%s = torch.select(%s, 0, %s)".formatted(states.get(i), e.in(1 + i), row));
            }
            var stacks = stacks(e, body.outputs().size() - stateCount);
            var turn = e.fresh();
            e.block("for %s in range(torch.size(%s, 1))".formatted(turn, e.in(1 + stateCount)), () -> {
                var arguments = new ArrayList<>(states);
                for (int i = 0; i < scanned; i++) {
                    var at = directions[i] == 0 ? turn : "-1 - " + turn;
                    var one = "torch.select(%s, 0, %s)".formatted(e.in(1 + stateCount + i), row);
                    arguments.add("torch.select(%s, 0, %s)".formatted(one, at));
                }
                var values = e.inline(body, arguments);
                append(e, stacks, values.subList(stateCount, values.size()));
                assign(e, states, values.subList(0, stateCount));
            });
            append(e, rows.subList(0, stateCount), states);
            append(
                    e,
                    rows.subList(stateCount, rows.size()),
                    stacks.stream()
                            .map(stack -> "op.stacked(" + stack + ", 0, 0)")
                            .toList());
        });
        for (int i = 0; i < rows.size(); i++) {
            e.define(i, "op.stacked(" + rows.get(i) + ", 0, 0)");
        }
    }

    private static Graph body(Emission e, String attribute) {
        return e.node().graph(attribute).orElseThrow(() -> e.refuse("no " + attribute, "a graph"));
    }

    private static List<String> stacks(Emission e, int count) {
        var stacks = IntStream.range(0, count).mapToObj(i -> e.fresh()).toList();
        stacks.forEach(stack -> e.line(stack + " = annotate(List[Tensor], [])"));
        return stacks;
    }

    private static void append(Emission e, List<String> stacks, List<String> values) {
        for (int i = 0; i < stacks.size(); i++) {
            e.line("%s.append(%s)".formatted(stacks.get(i), values.get(i)));
        }
    }

    /** All at once: a body may hand its inputs on in another order. */
    private static void assign(Emission e, List<String> names, List<String> values) {
        if (names.size() == 1) {
            e.line(names.get(0) + " = " + values.get(0));
        } else if (!names.isEmpty()) {
            e.line(String.join(", ", names) + " = " + String.join(", ", values));
        }
    }
}
