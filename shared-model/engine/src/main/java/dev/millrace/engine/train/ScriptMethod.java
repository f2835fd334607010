package dev.millrace.engine.train;

import java.util.List;

/** A method of a TorchScript class being written; it returns a list of tensors. */
final class ScriptMethod {
    private final StringBuilder code;

    /** @param parameters behind {@code self}; may be empty */
    ScriptMethod(String name, String parameters) {
        var self = "self: __torch__.Net" + (parameters.isEmpty() ? "" : ", " + parameters);
        code = new StringBuilder("  def %s(%s) -> List[Tensor]:%n".formatted(name, self));
    }

    ScriptMethod line(String statement) {
        code.append("    ").append(statement).append('\n');
        return this;
    }

    ScriptMethod lines(List<String> statements) {
        statements.forEach(this::line);
        return this;
    }

    String source() {
        return code.toString();
    }
}
