package dev.millrace.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.millrace.message.Choice;
import dev.millrace.message.Goal;
import dev.millrace.message.SearchPlan;
import dev.millrace.message.StageStep;
import dev.millrace.stage.Option;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Opens a search whose trials take a given time and measure numbers that follow from their values. */
final class ProbeSearch {
    /** Values of each of the three choices. */
    private static final int VALUES = 8;

    record Options(
            @Option(value = "Trials.", defaultValue = "10", allowed = "1 or more")
            int trials,

            @Option(value = "Trials out at once.", defaultValue = "1", allowed = "1 or more")
            int parallel,

            @Option(value = "Milliseconds of a trial.", defaultValue = "0", allowed = "0 or more")
            long millis,

            @Option(value = "Trials of another name are other trials.", defaultValue = "\"\"")
            String trialName) {}

    private ProbeSearch() {}

    static StageResult run(Options options, StageContext context) {
        var values =
                IntStream.range(0, VALUES).<JsonNode>mapToObj(IntNode::valueOf).toList();
        var choices = List.of("a", "b", "c").stream()
                .map(name -> new Choice(name, values, true, null))
                .toList();
        var trial = new StageStep(
                ProbeStage.NAME,
                "trial",
                Map.of(
                        "millis",
                        LongNode.valueOf(options.millis()),
                        "trialName",
                        TextNode.valueOf(options.trialName())));
        var goals = List.of(new Goal("quality", true, null), new Goal("cost", false, null));
        return StageResult.ofSearch(
                new SearchPlan(trial, choices, goals, "nsga2", options.trials(), null, null, options.parallel(), null),
                Map.of());
    }
}
