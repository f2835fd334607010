package dev.millrace.engine.train;

import dev.millrace.onnx.script.Script;
import dev.millrace.onnx.script.Slot;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The tensors that training changes or has beside them, as the script's methods name them. */
record TrainedTensors(Script script, TrainingSettings settings) {
    /** Whether gradients of several batches are added up. */
    boolean gathers() {
        return settings.accumulate() > 1;
    }

    /** The weights that an update changes, or those that have updates of their own. */
    List<Slot> updated(boolean apart) {
        return script.weights().stream()
                .filter(slot -> apart
                        == (settings.takesTurns()
                                && settings.apart().test(slot.tensor().name())))
                .toList();
    }

    /** The tensor that counts updates. */
    static String count(boolean apart) {
        return apart ? "count_apart" : "count";
    }

    /**
     * Prefixes of what each weight has beside it: the optimizer's state, {@code z}, 0 where a weight must stay 0, {@code v}, how far
     * it moved away from zero, and {@code h}, what a weight was before it was held at zero, 0 where it is not.
     */
    List<String> beside() {
        var prefixes = new ArrayList<>(settings.optimizer().state());
        if (settings.keepZeros()) {
            prefixes.add("z");
        }
        if (settings.movement()) {
            prefixes.add("v");
            prefixes.add("h");
        }
        return prefixes;
    }

    /** Names of the tensors that the methods assign. */
    List<String> assigned() {
        var sums = script.weights().stream().map(slot -> "sum_" + slot.name());
        return Stream.concat(kept().stream(), gathers() ? Stream.concat(Stream.of("gathered"), sums) : Stream.of())
                .toList();
    }

    /** Those of them that a step leaves something in for the next. */
    private List<String> kept() {
        var names = new ArrayList<>(counts());
        for (var slot : script.weights()) {
            beside().forEach(prefix -> names.add(prefix + "_" + slot.name()));
        }
        script.changing().forEach(slot -> names.add("best_" + slot.name()));
        return names;
    }

    List<String> counts() {
        return settings.takesTurns() ? List.of(count(false), count(true)) : List.of(count(false));
    }

    /** A list with an element for everything that a checkpoint needs; {@code %s} is its name. */
    String everything(String each) {
        return list(Stream.concat(script.changing().stream().map(Slot::name), kept().stream())
                .map(each::formatted));
    }

    /** A list with an element for each weight; {@code %s} is its name. */
    String weights(String each) {
        return each(script.weights(), each);
    }

    /** A list with an element for each slot; {@code %s} is its name. */
    static String each(List<Slot> slots, String each) {
        return list(slots.stream().map(slot -> each.formatted(slot.name())));
    }

    /** A list with an element for each weight and changing statistic; {@code %s} is its name. */
    String changing(String each) {
        return list(script.changing().stream().map(slot -> each.formatted(slot.name())));
    }

    static String list(Stream<String> elements) {
        return elements.collect(Collectors.joining(", ", "[", "]"));
    }

    /** The inputs of the graph handed on, and a comma behind them. */
    String arguments() {
        return script.inputs().isEmpty() ? "" : script.arguments() + ", ";
    }

    /** The inputs of the graph as parameters, and a comma behind them. */
    String parameters() {
        return script.inputs().isEmpty() ? "" : script.signature() + ", ";
    }

    /** {@code torch.grad} of the loss by the weights; absent where a batch did not reach a weight. */
    String gradients() {
        return gradients(script.weights());
    }

    /** The same by some weights. */
    static String gradients(List<Slot> slots) {
        return "torch.grad([all[0]], " + each(slots, "self.%s") + ", None, None, False, True)";
    }
}
