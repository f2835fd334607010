package dev.millrace.pruning;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.Json;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Macs;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.channel.Cut;
import dev.millrace.onnx.channel.Observation;
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
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Removes whole residual blocks: where a sum is {@code x + f(x)}, all of f goes. Again and again that block goes whose absence
 * changes the answers on data least (after Veit et al., "Residual networks behave like ensembles of relatively shallow
 * networks", 2016); then {@link Reconstruction} fits what is left, and {@link Recovery} trains it. Cost: a run of the samples
 * for every block that is left, each time one goes.
 */
final class Blocks implements Technique<Blocks.Options> {
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

    Blocks() {
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
        var model = original.model();
        var seen = original.seen();
        Predicate<ResidualBlock> mayGo = block -> model.graph()
                .producer(block.sum())
                .filter(addition -> !original.ignored().contains(addition))
                .isPresent();
        if (ResidualBlock.of(model.graph(), seen).stream().noneMatch(mayGo)) {
            throw new RefusedException(
                    "NOTHING_TO_PRUNE", "model", "no addition of a value and what is made of it", "a residual block");
        }
        var judging = context.part(0.02, RECOVERING);
        var subject = new Subject(model, original.file(), List.of(), options.samples(), options.recovery(), judging);
        var removed = new ArrayList<ResidualBlock>();
        var shorter = shorter(subject, seen, mayGo, 1 - options.amount(), removed);
        var fit =
                options.reconstruct() ? Optional.of(Fit.of(subject, seen, new Cut(), shorter)) : Optional.<Fit>empty();
        var file = context.workDirectory().resolve("model.onnx");
        fit.map(Fit::model).orElse(shorter).write(file);
        ModelGate.open(file);
        Map<String, JsonNode> report = new LinkedHashMap<>();
        report.put("removed", json(removed.stream().map(ResidualBlock::sum).toList()));
        report.put("macs", json(macs(shorter, seen)));
        report.put("originalMacs", json(macs(model, seen)));
        report.put("latencyRatio", json(new LatencySearch(subject, seen, original.feed()).ratio(file)));
        fit.ifPresent(each -> each.told().forEach((name, value) -> report.put(name, json(value))));
        var mended = options.recovery().mend(file, context, RECOVERING, checkpointEvery);
        report.put("recovery", mended.report());
        report.put(
                "notes",
                json(Stream.concat(fit.map(Fit::notes).orElse(List.of()).stream(), mended.notes().stream())
                        .toList()));
        return new StageResult(mended.model(), null, report);
    }

    private static JsonNode json(Object value) {
        return Json.mapper().valueToTree(value);
    }

    /** Removes the block that is needed least, as long as one fits into what may go. */
    private static Model shorter(
            Subject subject,
            Observation seen,
            Predicate<ResidualBlock> mayGo,
            double target,
            List<ResidualBlock> removed)
            throws IOException {
        var answers = new Answers(subject);
        double least = target * macs(subject.model(), seen);
        var model = subject.model();
        while (true) {
            ResidualBlock best = null;
            double smallest = Double.POSITIVE_INFINITY;
            var left =
                    ResidualBlock.of(model.graph(), seen).stream().filter(mayGo).toList();
            for (var block : left) {
                subject.context().progress(0.5 * removed.size() / (removed.size() + left.size()), "trying blocks");
                var without = block.removedFrom(model);
                double error = macs(without, seen) < least ? smallest : answers.error(without);
                if (error < smallest) {
                    smallest = error;
                    best = block;
                }
            }
            if (best == null) {
                return model;
            }
            model = best.removedFrom(model);
            removed.add(best);
        }
    }

    private static long macs(Model model, Observation seen) {
        return Macs.of(model.graph(), seen.dims())
                .orElseThrow(() -> new RefusedException(
                        "MACS_UNKNOWN", "model", "operations that cannot be counted", "operators whose cost is known"));
    }
}
