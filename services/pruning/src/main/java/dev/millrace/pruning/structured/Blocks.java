package dev.millrace.pruning.structured;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.Json;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.gate.ModelGate;
import dev.millrace.stage.Option;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import dev.millrace.training.Course;
import dev.millrace.training.Lesson;
import dev.millrace.training.Recovery;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Removes whole residual blocks: where a sum is {@code x + f(x)}, all of f goes. {@link Shortened} chooses them and fits what is
 * left, and {@link Recovery} trains it.
 */
public final class Blocks implements Technique<Blocks.Options> {
    /** Fraction of the work that is done when recovery begins. */
    private static final double RECOVERING = 0.3;

    record Options(
            @Option(
                    value = "Share of the multiply-accumulates that goes, in whole blocks as many as fit.",
                    defaultValue = "0.25",
                    allowed = "0 ≤ amount < 1")
            double amount,

            @Option(
                    value = "Additions whose blocks stay, by name or operator type, with * and ?.",
                    defaultValue = "[]",
                    allowed = "each must match something")
            List<String> ignored,

            @Option(
                    value = "Rows of data that judging and fitting look at.",
                    defaultValue = "128",
                    allowed = "samples ≥ 1")
            int samples,

            @Option(
                    value = "Fit the layers that are left to what the model said before, by least squares on data.",
                    defaultValue = "true")
            boolean reconstruct,

            Recovery recovery) {
        Options {
            Course.requireShare("amount", amount);
            Course.requirePositive("samples", samples);
        }
    }

    private final Duration checkpointEvery;

    public Blocks() {
        this(Lesson.CHECKPOINT_EVERY);
    }

    /** @param checkpointEvery time between checkpoints of recovery */
    Blocks(Duration checkpointEvery) {
        this.checkpointEvery = checkpointEvery;
    }

    @Override
    public String name() {
        return "blocks";
    }

    @Override
    public String summary() {
        return "Removes whole residual blocks, those first that the answers need least.";
    }

    @Override
    public String useWhen() {
        return "The model is deep, and fewer layers save more time than narrower ones.";
    }

    @Override
    public Class<Options> options() {
        return Options.class;
    }

    @Override
    public boolean belongsToMachine(Options options) {
        return true; // it is timed
    }

    @Override
    public StageResult run(Options options, StageContext context) throws IOException {
        var original = Original.of(context, options.ignored());
        if (Shortened.removable(original).isEmpty()) {
            throw new RefusedException(
                    "NOTHING_TO_PRUNE", "model", "no addition of a value and what is made of it", "a residual block");
        }
        var judging = context.part(0.02, RECOVERING);
        var subject = new Subject(
                original.model(), original.file(), List.of(), options.samples(), options.recovery(), judging);
        var file = context.workDirectory().resolve("model.onnx");
        var shortened = Shortened.to(original, subject, 1 - options.amount(), options.reconstruct(), file);
        ModelGate.open(file);
        Map<String, JsonNode> report = new LinkedHashMap<>();
        report.put("removed", json(shortened.removed()));
        report.put("macs", json(Shortened.macs(original, shortened.left().model())));
        report.put("originalMacs", json(Shortened.macs(original, original.model())));
        report.put("latencyRatio", json(new LatencySearch(subject, original.seen(), original.feed()).ratio(file)));
        shortened.told().forEach((name, value) -> report.put(name, json(value)));
        var mended = options.recovery().mend(file, context, RECOVERING, checkpointEvery);
        report.put("recovery", mended.report());
        report.put(
                "notes",
                json(Stream.concat(shortened.fit().map(Fit::notes).orElse(List.of()).stream(), mended.notes().stream())
                        .toList()));
        return new StageResult(mended.model(), null, report);
    }

    private static JsonNode json(Object value) {
        return Json.mapper().valueToTree(value);
    }
}
