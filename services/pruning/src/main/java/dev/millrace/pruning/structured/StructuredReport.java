package dev.millrace.pruning.structured;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.Json;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.channel.Axis;
import dev.millrace.stage.StageResult;
import dev.millrace.training.Recovery;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is told about channels that were removed. */
final class StructuredReport {
    private static final String MISSED =
            "The target is not met: this is the nearest result that minimumWidth, multipleOf and the pinned layers"
                    + " allow.";

    private final Map<String, JsonNode> report = new LinkedHashMap<>();
    private final List<String> notes = new ArrayList<>();

    /**
     * One group of channels.
     *
     * @param error change of the answers where this alone is halved
     */
    private record GroupReport(
            List<String> weights,
            int before,
            int after,
            @Nullable Double error) {}

    /**
     * @param whole the model that came
     * @param latencyRatio time of the result over that of the model that came
     */
    StructuredReport(Structured.Options options, Size whole, Reduced reduced, double latencyRatio) {
        var plan = reduced.plan();
        boolean met =
                switch (options.target()) {
                    case CHANNELS -> true;
                    case LATENCY -> latencyRatio <= 1 - options.amount();
                    default -> options.target().left(whole, plan.after()) <= 1 - options.amount();
                };
        if (!met) {
            notes.add(MISSED);
        }
        if (latencyRatio >= 1 && options.amount() > 0) {
            notes.add(String.format(
                    Locale.ROOT,
                    "The result is not faster than the model that came: %.2f times its time in ONNX Runtime here.",
                    latencyRatio));
        }
        put("targetMet", met);
        put("parameters", plan.after().parameters());
        put("originalParameters", whole.parameters());
        if (whole.macs() > 0) {
            put("macs", plan.after().macs());
            put("originalMacs", whole.macs());
        }
        put("latencyRatio", latencyRatio);
        put("blocks", reduced.blocks());
        put("groups", groups(reduced.depth().left().model().graph(), plan));
        var pinned = new LinkedHashMap<String, List<String>>();
        reduced.groups().pinned().forEach((axis, reasons) -> pinned.put(axis.toString(), reasons));
        put("pinned", pinned);
        reduced.depth().fit().map(Fit::notes).ifPresent(notes::addAll);
        reduced.fit().ifPresent(this::fitted);
    }

    private static List<GroupReport> groups(Graph graph, CutPlan plan) {
        var groups = new ArrayList<GroupReport>();
        var kept = plan.kept();
        for (int g = 0; g < kept.length; g++) {
            var candidate = plan.candidates().get(g);
            var weights = candidate.group().slices().keySet().stream()
                    .filter(axis -> isWeight(graph, axis))
                    .map(Object::toString)
                    .toList();
            var error = plan.errors().isEmpty() ? null : plan.errors().get(g);
            groups.add(new GroupReport(weights, candidate.size(), kept[g], error));
        }
        return groups;
    }

    private static boolean isWeight(Graph graph, Axis axis) {
        return graph.initializer(axis.value())
                .filter(tensor -> tensor.rank() > 1)
                .isPresent();
    }

    private void fitted(Fit fit) {
        fit.told().forEach(this::put);
        notes.addAll(fit.notes());
    }

    StageResult result(Recovery.Mended mended) {
        put("recovery", mended.report());
        notes.addAll(mended.notes());
        put("notes", notes);
        return new StageResult(mended.model(), null, report);
    }

    private void put(String name, Object value) {
        report.put(name, Json.mapper().valueToTree(value));
    }
}
