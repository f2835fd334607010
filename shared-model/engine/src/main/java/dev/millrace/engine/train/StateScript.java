package dev.millrace.engine.train;

import dev.millrace.onnx.script.Slot;
import java.util.List;

/** The methods that set, copy, read and write what training changes. */
record StateScript(TrainedTensors tensors) {
    String movement() {
        return new ScriptMethod("movement", "")
                .line("return " + tensors.weights("torch.contiguous(self.v_%s)"))
                .source();
    }

    String begin() {
        var code = new ScriptMethod("begin", "");
        tensors.counts().forEach(count -> code.line("self." + count + " = torch.zeros([], dtype=6)"));
        for (var slot : tensors.script().weights()) {
            tensors.settings()
                    .optimizer()
                    .state()
                    .forEach(prefix -> code.line("self.%s_%s = torch.zeros_like(torch.detach(self.%s))"
                            .formatted(prefix, slot.name(), slot.name())));
            if (tensors.settings().keepZeros()) {
                code.line(zeros(slot));
            }
            if (tensors.gathers()) {
                code.line("self.sum_%s = torch.zeros_like(torch.detach(self.%s))".formatted(slot.name(), slot.name()));
            }
            if (tensors.settings().movement()) {
                for (var prefix : List.of("v", "h")) {
                    code.line("self.%s_%s = torch.zeros_like(torch.detach(self.%s))"
                            .formatted(prefix, slot.name(), slot.name()));
                }
            }
        }
        if (tensors.gathers()) {
            code.line("self.gathered = torch.zeros([], dtype=6)");
        }
        tensors.script()
                .changing()
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

    String keep() {
        return new ScriptMethod("keep", "")
                .line("best = " + tensors.changing("self.best_%s"))
                .line("torch._foreach_copy_(best, " + tensors.changing("torch.detach(self.%s)") + ")")
                .line("return [best[0]]")
                .source();
    }

    String recall() {
        return new ScriptMethod("recall", "")
                .line("now = " + tensors.changing("torch.detach(self.%s)"))
                .line("torch._foreach_copy_(now, " + tensors.changing("self.best_%s") + ")")
                .line("return [now[0]]")
                .source();
    }

    String changing() {
        return new ScriptMethod("changing", "")
                .line("return "
                        + TrainedTensors.list(tensors.script().changing().stream()
                                .map(slot -> "torch.contiguous(" + slot.stored() + ")")))
                .source();
    }

    String revise() {
        var code = new ScriptMethod("revise", "values: List[Tensor]")
                .line("now = " + tensors.changing("torch.detach(self.%s)"));
        if (tensors.settings().movement()) {
            var slots = tensors.script().changing();
            for (int i = 0; i < slots.size(); i++) {
                if (slots.get(i).trained() && slots.get(i).tensor().rank() > 1) {
                    code.line("self.h_%1$s = torch.detach(self.%1$s) * torch.to(values[%2$d] == 0, self.%1$s.dtype)"
                            .formatted(slots.get(i).name(), i));
                }
            }
        }
        code.line("torch._foreach_copy_(now, values)");
        if (tensors.settings().keepZeros()) {
            tensors.script().weights().forEach(slot -> code.line(zeros(slot)));
        }
        return code.line("return [now[0]]").source();
    }

    /** What is held at zero is as it was before, and nothing is held. */
    String uncover() {
        return new ScriptMethod("uncover", "")
                .line("now = " + tensors.weights("torch.detach(self.%s)"))
                .line("hidden = " + tensors.weights("self.h_%s"))
                .line("torch._foreach_add_(now, hidden)")
                .line("torch._foreach_zero_(hidden)")
                .line("return [now[0], hidden[0]]")
                .source();
    }

    String everything() {
        return new ScriptMethod("everything", "")
                .line("return " + tensors.everything("torch.contiguous(torch.detach(self.%s))"))
                .source();
    }

    String restore() {
        return new ScriptMethod("restore", "values: List[Tensor]")
                .line("now = " + tensors.everything("torch.detach(self.%s)"))
                .line("torch._foreach_copy_(now, values)")
                .line("return [now[0]]")
                .source();
    }
}
