package dev.millrace.standalone.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.Problem;
import dev.millrace.message.SearchProgress;
import dev.millrace.message.Trial;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What a search has tried: a line for each trial, a star where nothing else is better in everything. */
final class TrialTable {
    private TrialTable() {}

    static void print(SearchProgress search, PrintWriter out) {
        search.trials().forEach(trial -> out.println(line(search, trial)));
    }

    /** {@code ★ 3  prune structured amount=0.5, quantize static-int8   drop 0.004  ratio 0.21}. */
    static String line(SearchProgress search, Trial trial) {
        String mark = search.front().contains(trial.number()) ? "★" : " ";
        return String.format(
                        Locale.ROOT, "%s %3d  %-52s  %s", mark, trial.number(), values(search, trial), outcome(trial))
                .stripTrailing();
    }

    private static String values(SearchProgress search, Trial trial) {
        return search.plan().choices().stream()
                .filter(choice -> trial.values().containsKey(choice.name()))
                .map(choice -> Map.entry(choice.name(), trial.values().get(choice.name())))
                .filter(entry -> !entry.getValue().asText().equals("none"))
                .map(entry -> entry.getKey() + " " + value(entry.getValue()))
                .collect(Collectors.joining(", "));
    }

    private static String value(JsonNode value) {
        return value.isObject() ? value.path("technique").asText() + options(value.path("options")) : value.asText();
    }

    private static String options(JsonNode options) {
        return options.properties().stream()
                .map(option -> " " + option.getKey() + "=" + option.getValue().asText())
                .collect(Collectors.joining());
    }

    private static String outcome(Trial trial) {
        Problem problem = trial.problem();
        return switch (trial.state()) {
            case OUT -> "…";
            case FAILED -> "failed: " + (problem == null ? "" : problem.message());
            case DONE ->
                new TreeMap<>(trial.figures())
                        .entrySet().stream()
                                .map(figure -> figure.getKey() + " " + figure(figure.getValue()))
                                .collect(Collectors.joining("  "));
        };
    }

    private static String figure(double value) {
        return String.format(Locale.ROOT, Math.abs(value) >= 1000 ? "%,.0f" : "%.4f", value);
    }
}
