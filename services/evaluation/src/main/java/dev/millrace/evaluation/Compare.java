package dev.millrace.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.Json;
import dev.millrace.message.RefusedException;
import dev.millrace.message.RequestRules;
import dev.millrace.stage.LocalData;
import dev.millrace.stage.Option;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Optional;

/** Measures the model beside the baseline of its job; without a baseline, beside itself. */
final class Compare implements Technique<Compare.Options> {
    /** How models are packed to see how small they get. */
    enum Packing {
        FAST,
        MODELLED,
        NONE
    }

    /**
     * Options.
     *
     * @param threads 0 means the threads of the task
     */
    record Options(
            @Option(
                    value = "Time for the latency runs of both models, in seconds.",
                    defaultValue = "2",
                    allowed = "0 < seconds ≤ 600")
            double seconds,

            @Option(value = "Rows of a run when latency is measured.", defaultValue = "1", allowed = "1 ≤ batch ≤ 4096")
            int batch,

            @Option(
                    value = "Threads of a run; 0 means those of the task.",
                    defaultValue = "0",
                    allowed = "0 ≤ threads ≤ 256")
            int threads,

            @Option(value = "Also time every kind of operator.", defaultValue = "false")
            boolean operators,

            @Option(
                    value = "How packed bytes are measured.",
                    defaultValue = "\"fast\"",
                    allowed = "fast: as pack --fast; modelled: as pack, about a second for a million weights; none")
            Packing packing) {
        Options {
            require("seconds", seconds > 0 && seconds <= 600, seconds, "0 < seconds ≤ 600");
            require("batch", batch >= 1 && batch <= 4096, batch, "1 ≤ batch ≤ 4096");
            require("threads", threads >= 0 && threads <= 256, threads, "0 ≤ threads ≤ 256");
        }

        private static void require(String option, boolean met, Number found, String allowed) {
            if (!met) {
                throw new RefusedException(
                        "INVALID_OPTION", "compare, option '" + option + "'", found.toString(), allowed);
            }
        }
    }

    @Override
    public String name() {
        return "compare";
    }

    @Override
    public String summary() {
        return "Measures quality, size, memory and latency of a model beside the original, in one run.";
    }

    @Override
    public String useWhen() {
        return "Last, to know what the other stages gained and cost; every recipe ends with it.";
    }

    @Override
    public Class<Options> options() {
        return Options.class;
    }

    @Override
    public boolean belongsToMachine(Options options) {
        return true;
    }

    @Override
    public StageResult run(Options options, StageContext context) throws IOException {
        var settings = new Comparison.Settings(
                options.seconds(),
                options.batch(),
                options.threads() == 0 ? context.threads() : options.threads(),
                options.operators(),
                options.packing());
        var comparison = new Comparison(settings, context.workDirectory(), context::progress);
        var report = comparison.run(
                context.baseline().orElse(context.model()), context.model(), data(context), context.metric());
        var details = new LinkedHashMap<String, JsonNode>();
        details.put("notes", Json.mapper().valueToTree(report.notes()));
        if (!report.operators().isEmpty()) {
            details.put("operators", Json.mapper().valueToTree(report.operators()));
        }
        return new StageResult(null, report.evaluation(), details);
    }

    private static Optional<LocalData> data(StageContext context) {
        return RequestRules.MEASURED_ON.stream()
                .map(context::data)
                .flatMap(Optional::stream)
                .findFirst();
    }
}
