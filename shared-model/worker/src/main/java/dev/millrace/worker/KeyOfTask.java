package dev.millrace.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.message.Json;
import dev.millrace.message.TaskIssued;
import dev.millrace.stage.OptionBinder;
import dev.millrace.stage.Technique;
import java.io.IOException;
import java.util.HashMap;

/** Gathers what the result of a task depends on. */
record KeyOfTask(TaskRunner runner, InputResolver inputs, TaskIssued task) {
    /** @throws dev.millrace.message.RefusedException if there is no such technique, or it has no such options */
    TaskKey with(LocalInputs local) throws IOException {
        return with(local, runner.techniques().technique(task.stage(), task.technique()));
    }

    private <O extends Record> TaskKey with(LocalInputs local, Technique<O> technique) throws IOException {
        var options = OptionBinder.bind(task.stage() + ":" + task.technique(), technique.options(), task.options());
        var bound = new HashMap<String, JsonNode>();
        Json.mapper()
                .<JsonNode>valueToTree(options)
                .properties()
                .forEach(option -> bound.put(option.getKey(), option.getValue()));
        var parts = new HashMap<>(local.contents());
        parts.put("options", inputs.optionContents(bound));
        parts.put("stage", task.stage());
        parts.put("technique", task.technique());
        parts.put("seed", task.seed());
        parts.put("metric", task.objective() == null ? null : task.objective().metric());
        parts.put("code", runner.code());
        parts.put("versions", runner.versions());
        if (technique.belongsToMachine(options)) {
            ObjectNode machine = Json.mapper().valueToTree(runner.machine());
            parts.put("machine", machine.put("threads", runner.threads()));
            parts.put("target", task.target());
        }
        return TaskKey.of(parts);
    }
}
