package dev.millrace.engine.train;

import java.util.ArrayList;
import java.util.List;

/** The methods that look at one batch: its losses, and what they ask of the weights. */
record LossScript(TrainedTensors tensors, Objective objective) {
    String losses() {
        var code = new ScriptMethod("losses", tensors.parameters() + "targets: List[Tensor]")
                .line("y = (self).forward(" + tensors.arguments() + ")");
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

    String gradients() {
        return new ScriptMethod("gradients", tensors.parameters() + "targets: List[Tensor]")
                .line("all = self.losses(" + tensors.arguments() + "targets)")
                .line("given = " + tensors.gradients())
                .lines(reached())
                .source();
    }

    /** The gradient of the gradient's product with a fixed direction, which is the Hessian times that direction. */
    String curvature() {
        return new ScriptMethod("curvature", tensors.parameters() + "targets: List[Tensor], direction: List[Tensor]")
                .line("all = self.losses(" + tensors.arguments() + "targets)")
                .line("first = torch.grad([all[0]], " + tensors.weights("self.%s") + ", None, True, True, True)")
                .line("product = torch.zeros([], dtype=6)")
                .line("for i in range(len(first)):")
                .line("  one = first[i]")
                .line("  if one is not None:")
                .line("    product = product + torch.sum(one * direction[i])")
                .line("given = torch.grad([product], " + tensors.weights("self.%s") + ", None, None, False, True)")
                .lines(reached())
                .source();
    }

    /** What was asked of each weight, zeros where the batch did not reach it. */
    private List<String> reached() {
        return List.of(
                "weights = " + tensors.weights("torch.detach(self.%s)"),
                "results = annotate(List[Tensor], [])",
                "for i in range(len(given)):",
                "  one = given[i]",
                "  if one is not None:",
                "    results.append(torch.contiguous(torch.detach(one)))",
                "  else:",
                "    results.append(torch.contiguous(torch.zeros_like(weights[i])))",
                "return results");
    }
}
