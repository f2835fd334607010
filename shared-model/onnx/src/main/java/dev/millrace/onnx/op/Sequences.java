package dev.millrace.onnx.op;

import static dev.millrace.onnx.op.Form.op;

import java.util.ArrayList;
import java.util.stream.IntStream;

/** Lists of tensors, and optional values, which are always present here. */
enum Sequences implements Op {
    CONCAT_FROM_SEQUENCE(op("ConcatFromSequence", "op.concat_sequence({0}, {axis=0}, {new_axis=0})")),
    OPTIONAL(op("Optional", Sequences::present)),
    OPTIONAL_GET_ELEMENT(op("OptionalGetElement", "{0}")),
    OPTIONAL_HAS_ELEMENT(op("OptionalHasElement", Sequences::hasElement)),
    SEQUENCE_AT(op("SequenceAt", "op.sequence_at({0}, {1:int})").settings(1)),
    SEQUENCE_CONSTRUCT(op("SequenceConstruct", "[{*}]").sequence()),
    SEQUENCE_EMPTY(op("SequenceEmpty", "annotate(List[Tensor], [])").sequence()),
    SEQUENCE_ERASE(op("SequenceErase", "op.sequence_erase({0}, {1:int=-1})")
            .settings(1)
            .sequence()),
    SEQUENCE_INSERT(op("SequenceInsert", "op.sequence_insert({0}, {1}, {2:int=9223372036854775807})")
            .settings(2)
            .sequence()),
    SEQUENCE_LENGTH(op("SequenceLength", "torch.tensor(len({0}))")),
    SEQUENCE_MAP(op("SequenceMap", Sequences::map).sequence()),
    SPLIT_TO_SEQUENCE(op("SplitToSequence", "op.split_to_sequence({0}, {1=None}, {axis=0}, {keepdims=1})")
            .settings(1)
            .sequence());

    private final Form form;

    Sequences(Form form) {
        this.form = form;
    }

    @Override
    public Form form() {
        return form;
    }

    private static void present(Emission e) {
        if (!e.has(0)) {
            throw e.refuse("an empty optional", "one with a value");
        }
        e.define(0, e.in(0));
    }

    private static void hasElement(Emission e) {
        e.define(0, e.has(0) ? "torch.tensor(True)" : "torch.tensor(False)");
    }

    /** Runs the body on every element of the first sequence; tensors among the other inputs are the same for all. */
    private static void map(Emission e) {
        var body = e.node().graph("body").orElseThrow(() -> e.refuse("no body", "a body"));
        int outputs = e.node().outputs().size();
        var results = IntStream.range(0, outputs).mapToObj(e::declare).toList();
        results.forEach(result -> e.line(result + " = annotate(List[Tensor], [])"));
        var index = e.fresh();
        e.block("for %s in range(len(%s))".formatted(index, e.in(0)), () -> {
            var arguments = new ArrayList<String>();
            for (int i = 0; i < e.node().inputs().size(); i++) {
                arguments.add(e.isSequence(i) ? "%s[%s]".formatted(e.in(i), index) : e.in(i));
            }
            var values = e.inline(body, arguments);
            for (int i = 0; i < outputs; i++) {
                e.line("%s.append(%s)".formatted(results.get(i), values.get(i)));
            }
        });
    }
}
