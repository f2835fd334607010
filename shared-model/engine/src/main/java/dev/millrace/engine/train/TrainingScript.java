package dev.millrace.engine.train;

import dev.millrace.onnx.script.Script;
import dev.millrace.onnx.script.Slot;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The methods that training adds to a compiled graph.
 *
 * <table>
 * <caption>Methods; targets are a list of tensors in the order of {@link Objective#targets()}</caption>
 * <tr><td>{@code losses}</td><td>the weighted sum, each loss, the accuracy if there is one</td></tr>
 * <tr><td>{@code step}</td><td>one update; gives the losses and the norm of the gradient</td></tr>
 * <tr><td>{@code gather}</td><td>adds a batch's gradients to those of the next step; gives the losses</td></tr>
 * <tr><td>{@code gradients}</td><td>of the weighted sum by each weight, dense</td></tr>
 * <tr><td>{@code curvature}</td><td>the Hessian times a direction, dense</td></tr>
 * <tr><td>{@code begin}</td><td>makes the optimizer's state and the copy of the best weights</td></tr>
 * <tr><td>{@code keep}, {@code recall}</td><td>copies the changing tensors to the best ones, and back</td></tr>
 * <tr><td>{@code changing}</td><td>weights and statistics as the graph stores them, dense</td></tr>
 * <tr><td>{@code revise}</td><td>weights and statistics set to what the graph has; zeros hold from there on</td></tr>
 * <tr><td>{@code everything}, {@code restore}</td><td>all that a checkpoint needs, dense, and the way back</td></tr>
 * </table>
 */
final class TrainingScript {
    private final Script script;
    private final Objective objective;
    private final TrainingSettings settings;

    TrainingScript(Script script, Objective objective, TrainingSettings settings) {
        this.script = script;
        this.objective = objective;
        this.settings = settings;
    }

    List<String> methods() {
        var methods = new ArrayList<>(List.of(
                losses(),
                step(),
                gradients(),
                curvature(),
                begin(),
                keep(),
                recall(),
                changing(),
                revise(),
                everything(),
                restore()));
        if (settings.movement()) {
            methods.add(movement());
        }
        if (gathers()) {
            methods.add(gather());
        }
        return methods;
    }

    /** Names of the tensors that the methods assign. */
    List<String> state() {
        var sums = script.weights().stream().map(slot -> "sum_" + slot.name());
        return Stream.concat(kept().stream(), gathers() ? Stream.concat(Stream.of("gathered"), sums) : Stream.of())
                .toList();
    }

    private boolean gathers() {
        return settings.accumulate() > 1;
    }

    /** Those of them that a step leaves something in for the next. */
    private List<String> kept() {
        var state = new ArrayList<>(List.of("count"));
        for (var slot : script.weights()) {
            state(settings).forEach(prefix -> state.add(prefix + "_" + slot.name()));
        }
        script.changing().forEach(slot -> state.add("best_" + slot.name()));
        return state;
    }

    private String arguments() {
        return script.inputs().isEmpty() ? "" : script.arguments() + ", ";
    }

    private String parameters() {
        return script.inputs().isEmpty() ? "" : script.signature() + ", ";
    }

    private String losses() {
        var code = method("losses", parameters() + "targets: List[Tensor]")
                .line("y = (self).forward(" + arguments() + ")");
        var terms = objective.terms();
        for (int i = 0; i < terms.size(); i++) {
            code.line("l%d = %s"
                    .formatted(i, call(terms.get(i).loss(), terms.get(i).loss()::script)));
        }
        var sum = new ArrayList<String>();
        var all = new ArrayList<String>();
        for (int i = 0; i < terms.size(); i++) {
            sum.add(terms.get(i).weight() == 1 ? "l" + i : terms.get(i).weight() + " * l" + i);
            all.add("l" + i);
        }
        terms.stream()
                .map(term -> call(term.loss(), term.loss()::accuracy))
                .filter(accuracy -> !accuracy.isEmpty())
                .findFirst()
                .ifPresent(all::add);
        return code.line("return [" + String.join(" + ", sum) + ", " + String.join(", ", all) + "]")
                .source();
    }

    private interface Call {
        String of(String value, String target);
    }

    private String call(Loss loss, Call call) {
        return call.of(
                "y[" + objective.values().indexOf(loss.value()) + "]",
                "targets[" + objective.targets().indexOf(loss.target()) + "]");
    }

    /**
     * Gradients of weights that a batch did not reach are absent, and such weights stay as they are. The fused updates read
     * raw memory, so that a gradient must lie in memory as its weight does. libtorch removes a change in place as dead code
     * unless an element of the very list that was changed is read later or returned.
     */
    private String step() {
        var code = method("step", parameters() + "targets: List[Tensor], learning_rate: Tensor")
                .line("rate = float(learning_rate)")
                .line("all = self.losses(" + arguments() + "targets)")
                .line("gradients = torch.grad([all[0]], " + weights("self.%s") + ", None, None, False, True)")
                .lines(gathers() ? gathered() : List.of())
                .line("weights = " + weights("torch.detach(self.%s)"))
                .line("last = " + list(script.weights().stream().map(slot -> slot.channelsLast() ? "True" : "False")))
                .line("decayed = " + list(script.weights().stream().map(slot -> decays(slot) ? "True" : "False")))
                .line("self.count = self.count + 1.0");
        state(settings).forEach(prefix -> code.line(prefix + " = " + weights("self." + prefix + "_%s")));
        for (int group = 0; group < 2; group++) {
            for (var name : lists()) {
                code.line("%s%d = annotate(List[Tensor], [])".formatted(name, group));
            }
        }
        code.line("for i in range(len(weights)):")
                .line("  given = " + (gathers() ? "annotate(Optional[Tensor], sums[i])" : "gradients[i]"))
                .line("  if given is not None:")
                .line("    g = torch.contiguous(given, memory_format=2) if last[i] else torch.contiguous(given)")
                .line("    if decayed[i]:");
        append(code, 0);
        code.line("    else:");
        append(code, 1);
        code.line("norm = torch.linalg_vector_norm(torch.stack(torch._foreach_norm(g0 + g1)))");
        if (settings.clipNorm() > 0) {
            code.line("shrink = torch.clamp(%s / (norm + 1e-6), None, 1.0)".formatted(settings.clipNorm()));
        }
        update(code, 0, settings.optimizer().weightDecay());
        update(code, 1, 0);
        if (gathers()) {
            code.line("torch._foreach_zero_(sums)").line("self.gathered = torch.zeros([], dtype=6)");
        }
        return code.line("results = [norm]")
                .line("for one in all:")
                .line("  results.append(torch.detach(one))")
                .line("return results + w0[:1] + w1[:1]" + (settings.movement() ? " + v0[:1] + v1[:1]" : "")
                        + (gathers() ? " + sums[:1]" : ""))
                .source();
    }

    private String gather() {
        return method("gather", parameters() + "targets: List[Tensor]")
                .line("all = self.losses(" + arguments() + "targets)")
                .line("gradients = torch.grad([all[0]], " + weights("self.%s") + ", None, None, False, True)")
                .lines(added())
                .line("results = annotate(List[Tensor], [])")
                .line("for one in all:")
                .line("  results.append(torch.detach(one))")
                .line("return results + sums[:1]")
                .source();
    }

    private List<String> added() {
        return List.of(
                "sums = " + weights("self.sum_%s"),
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

    private void update(Method code, int group, double decay) {
        var states = settings.optimizer().state().stream()
                .map(prefix -> prefix + group)
                .toList();
        code.line("if len(w%d) > 0:".formatted(group))
                .line("  counts = annotate(List[Tensor], [])")
                .line("  for each in w%d:".formatted(group))
                .line("    counts.append(self.count)");
        if (settings.clipNorm() > 0) {
            code.line("  torch._foreach_mul_(g%d, shrink)".formatted(group));
        }
        if (settings.movement()) {
            code.line("  torch._foreach_addcmul_(v%d, g%d, w%d, value=-1.0 * rate)".formatted(group, group, group));
        }
        code.line("  " + settings.optimizer().update("w" + group, "g" + group, states, Double.toString(decay)));
        if (settings.keepZeros()) {
            code.line("  torch._foreach_mul_(w%d, z%d)".formatted(group, group));
        }
    }

    private static boolean decays(Slot slot) {
        return slot.tensor().rank() > 1;
    }

    private List<String> lists() {
        return Stream.concat(Stream.of("w", "g"), state(settings).stream()).toList();
    }

    private void append(Method code, int group) {
        code.line("      w%d.append(weights[i])".formatted(group)).line("      g%d.append(g)".formatted(group));
        state(settings).forEach(prefix -> code.line("      %s%d.append(%s[i])".formatted(prefix, group, prefix)));
    }

    /**
     * Prefixes of what each weight has beside it: the optimizer's state, {@code z}, 0 where a weight must stay 0, and
     * {@code v}, how far it moved away from zero.
     */
    private static List<String> state(TrainingSettings settings) {
        var state = new ArrayList<>(settings.optimizer().state());
        if (settings.keepZeros()) {
            state.add("z");
        }
        if (settings.movement()) {
            state.add("v");
        }
        return state;
    }

    private String gradients() {
        return method("gradients", parameters() + "targets: List[Tensor]")
                .line("all = self.losses(" + arguments() + "targets)")
                .line("given = torch.grad([all[0]], " + weights("self.%s") + ", None, None, False, True)")
                .lines(reached())
                .source();
    }

    /** The gradient of the gradient's product with a fixed direction, which is the Hessian times that direction. */
    private String curvature() {
        return method("curvature", parameters() + "targets: List[Tensor], direction: List[Tensor]")
                .line("all = self.losses(" + arguments() + "targets)")
                .line("first = torch.grad([all[0]], " + weights("self.%s") + ", None, True, True, True)")
                .line("product = torch.zeros([], dtype=6)")
                .line("for i in range(len(first)):")
                .line("  one = first[i]")
                .line("  if one is not None:")
                .line("    product = product + torch.sum(one * direction[i])")
                .line("given = torch.grad([product], " + weights("self.%s") + ", None, None, False, True)")
                .lines(reached())
                .source();
    }

    /** What was asked of each weight, zeros where the batch did not reach it. */
    private List<String> reached() {
        return List.of(
                "weights = " + weights("torch.detach(self.%s)"),
                "results = annotate(List[Tensor], [])",
                "for i in range(len(given)):",
                "  one = given[i]",
                "  if one is not None:",
                "    results.append(torch.contiguous(torch.detach(one)))",
                "  else:",
                "    results.append(torch.contiguous(torch.zeros_like(weights[i])))",
                "return results");
    }

    private String movement() {
        return method("movement", "")
                .line("return " + weights("torch.contiguous(self.v_%s)"))
                .source();
    }

    private String begin() {
        var code = method("begin", "").line("self.count = torch.zeros([], dtype=6)");
        for (var slot : script.weights()) {
            settings.optimizer()
                    .state()
                    .forEach(prefix -> code.line("self.%s_%s = torch.zeros_like(torch.detach(self.%s))"
                            .formatted(prefix, slot.name(), slot.name())));
            if (settings.keepZeros()) {
                code.line(zeros(slot));
            }
            if (gathers()) {
                code.line("self.sum_%s = torch.zeros_like(torch.detach(self.%s))".formatted(slot.name(), slot.name()));
            }
            if (settings.movement()) {
                code.line("self.v_%s = torch.zeros_like(torch.detach(self.%s))".formatted(slot.name(), slot.name()));
            }
        }
        if (gathers()) {
            code.line("self.gathered = torch.zeros([], dtype=6)");
        }
        script.changing()
                .forEach(slot -> code.line(
                        "self.best_%s = torch.clone(torch.detach(self.%s))".formatted(slot.name(), slot.name())));
        return code.line("return [self.count]").source();
    }

    private static String zeros(Slot slot) {
        return (slot.tensor().rank() > 1
                        ? "self.z_%s = torch.to(torch.detach(self.%s) != 0, self.%s.dtype)"
                        : "self.z_%s = torch.ones_like(torch.detach(self.%s))")
                .formatted(slot.name(), slot.name(), slot.name());
    }

    private String keep() {
        return method("keep", "")
                .line("best = " + changing("self.best_%s"))
                .line("torch._foreach_copy_(best, " + changing("torch.detach(self.%s)") + ")")
                .line("return [best[0]]")
                .source();
    }

    private String recall() {
        return method("recall", "")
                .line("now = " + changing("torch.detach(self.%s)"))
                .line("torch._foreach_copy_(now, " + changing("self.best_%s") + ")")
                .line("return [now[0]]")
                .source();
    }

    private String changing() {
        return method("changing", "")
                .line("return "
                        + list(script.changing().stream().map(slot -> "torch.contiguous(" + slot.stored() + ")")))
                .source();
    }

    private String revise() {
        var code = method("revise", "values: List[Tensor]")
                .line("now = " + changing("torch.detach(self.%s)"))
                .line("torch._foreach_copy_(now, values)");
        if (settings.keepZeros()) {
            script.weights().forEach(slot -> code.line(zeros(slot)));
        }
        return code.line("return [now[0]]").source();
    }

    private String everything() {
        return method("everything", "")
                .line("return " + list(all().map("torch.contiguous(torch.detach(self.%s))"::formatted)))
                .source();
    }

    private String restore() {
        return method("restore", "values: List[Tensor]")
                .line("now = " + list(all().map("torch.detach(self.%s)"::formatted)))
                .line("torch._foreach_copy_(now, values)")
                .line("return [now[0]]")
                .source();
    }

    private Stream<String> all() {
        return Stream.concat(script.changing().stream().map(Slot::name), kept().stream());
    }

    private String weights(String each) {
        return list(script.weights().stream().map(slot -> each.formatted(slot.name())));
    }

    private String changing(String each) {
        return list(script.changing().stream().map(slot -> each.formatted(slot.name())));
    }

    private static String list(Stream<String> elements) {
        return elements.collect(Collectors.joining(", ", "[", "]"));
    }

    private static Method method(String name, String parameters) {
        return new Method(name, parameters);
    }

    /** A method being written; every method returns a list of tensors. */
    private static final class Method {
        private final StringBuilder code;

        Method(String name, String parameters) {
            var self = "self: __torch__.Net" + (parameters.isEmpty() ? "" : ", " + parameters);
            code = new StringBuilder("  def %s(%s) -> List[Tensor]:%n".formatted(name, self));
        }

        Method line(String statement) {
            code.append("    ").append(statement).append('\n');
            return this;
        }

        Method lines(List<String> statements) {
            statements.forEach(this::line);
            return this;
        }

        String source() {
            return code.toString();
        }
    }
}
