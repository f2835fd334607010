package dev.millrace.engine.train;

import dev.millrace.onnx.script.Slot;
import java.util.List;
import java.util.stream.Stream;

/**
 * The methods that train: an update, and what adds up gradients for one.
 *
 * @param apart whether the update is of the weights that are trained apart
 */
record StepScript(TrainedTensors tensors, boolean apart) {
    /** Name of the method that updates. */
    static String name(boolean apart) {
        return apart ? "step_apart" : "step";
    }

    /**
     * Gradients of weights that a batch did not reach are absent, and such weights stay as they are. The fused updates read
     * raw memory, so that a gradient must lie in memory as its weight does. libtorch removes a change in place as dead code
     * unless an element of the very list that was changed is read later or returned.
     */
    String step() {
        var slots = tensors.updated(apart);
        var code = new ScriptMethod(name(apart), tensors.parameters() + "targets: List[Tensor], learning_rate: Tensor")
                .line("rate = float(learning_rate)")
                .line("all = self.losses(" + tensors.arguments() + "targets)")
                .line("gradients = " + TrainedTensors.gradients(slots))
                .lines(tensors.gathers() ? gathered() : List.of())
                .line("weights = " + TrainedTensors.each(slots, "torch.detach(self.%s)"))
                .line("last = "
                        + TrainedTensors.list(slots.stream().map(slot -> slot.channelsLast() ? "True" : "False")))
                .line("decayed = " + TrainedTensors.list(slots.stream().map(slot -> decays(slot) ? "True" : "False")))
                .line("self.%1$s = self.%1$s + 1.0".formatted(TrainedTensors.count(apart)));
        tensors.beside()
                .forEach(prefix -> code.line(prefix + " = " + TrainedTensors.each(slots, "self." + prefix + "_%s")));
        for (int group = 0; group < 2; group++) {
            for (var name : lists()) {
                code.line("%s%d = annotate(List[Tensor], [])".formatted(name, group));
            }
        }
        code.line("for i in range(len(weights)):")
                .line("  given = " + (tensors.gathers() ? "annotate(Optional[Tensor], sums[i])" : "gradients[i]"))
                .line("  if given is not None:")
                .line("    g = torch.contiguous(given, memory_format=2) if last[i] else torch.contiguous(given)")
                .line("    if decayed[i]:");
        append(code, 0);
        code.line("    else:");
        append(code, 1);
        code.line("norm = torch.linalg_vector_norm(torch.stack(torch._foreach_norm(g0 + g1)))");
        if (tensors.settings().clipNorm() > 0) {
            code.line("shrink = torch.clamp(%s / (norm + 1e-6), None, 1.0)"
                    .formatted(tensors.settings().clipNorm()));
            code.line("clips = float(shrink) < 1.0");
        }
        update(code, 0, tensors.settings().optimizer().weightDecay());
        update(code, 1, 0);
        if (tensors.gathers()) {
            code.line("torch._foreach_zero_(sums)").line("self.gathered = torch.zeros([], dtype=6)");
        }
        return code.line("results = [norm]")
                .line("for one in all:")
                .line("  results.append(torch.detach(one))")
                .line("return results + w0[:1] + w1[:1]" + (tensors.settings().movement() ? " + v0[:1] + v1[:1]" : "")
                        + (tensors.gathers() ? " + sums[:1]" : ""))
                .source();
    }

    String gather() {
        return new ScriptMethod("gather", tensors.parameters() + "targets: List[Tensor]")
                .line("all = self.losses(" + tensors.arguments() + "targets)")
                .line("gradients = " + tensors.gradients())
                .lines(added())
                .line("results = annotate(List[Tensor], [])")
                .line("for one in all:")
                .line("  results.append(torch.detach(one))")
                .line("return results + sums[:1]")
                .source();
    }

    private List<String> added() {
        return List.of(
                "sums = " + tensors.weights("self.sum_%s"),
                "for i in range(len(sums)):",
                "  given = gradients[i]",
                "  if given is not None:",
                "    torch.add_(sums[i], given)",
                "self.gathered = self.gathered + 1.0");
    }

    /** The mean of what was added; a weight that no batch reached has a gradient of zeros. */
    private List<String> gathered() {
        return Stream.concat(added().stream(), Stream.of("torch._foreach_div_(sums, float(self.gathered))"))
                .toList();
    }

    private void update(ScriptMethod code, int group, double decay) {
        var states = tensors.settings().optimizer().state().stream()
                .map(prefix -> prefix + group)
                .toList();
        code.line("if len(w%d) > 0:".formatted(group))
                .line("  counts = annotate(List[Tensor], [])")
                .line("  for each in w%d:".formatted(group))
                .line("    counts.append(self." + TrainedTensors.count(apart) + ")");
        if (tensors.settings().clipNorm() > 0) {
            code.line("  if clips:").line("    torch._foreach_mul_(g%d, shrink)".formatted(group));
        }
        if (tensors.settings().movement()) {
            for (var value : List.of("w", "h")) {
                code.line("  torch._foreach_addcmul_(v%d, g%d, %s%d, value=-1.0 * rate)"
                        .formatted(group, group, value, group));
            }
        }
        code.line(
                "  " + tensors.settings().optimizer().update("w" + group, "g" + group, states, Double.toString(decay)));
        if (tensors.settings().keepZeros()) {
            code.line("  torch._foreach_mul_(w%d, z%d)".formatted(group, group));
        }
    }

    private static boolean decays(Slot slot) {
        return slot.tensor().rank() > 1;
    }

    private List<String> lists() {
        return Stream.concat(Stream.of("w", "g"), tensors.beside().stream()).toList();
    }

    private void append(ScriptMethod code, int group) {
        code.line("      w%d.append(weights[i])".formatted(group)).line("      g%d.append(g)".formatted(group));
        tensors.beside().forEach(prefix -> code.line("      %s%d.append(%s[i])".formatted(prefix, group, prefix)));
    }
}
