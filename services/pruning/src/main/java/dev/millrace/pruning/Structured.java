package dev.millrace.pruning;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Shapes;
import dev.millrace.engine.Value;
import dev.millrace.engine.data.Dataset;
import dev.millrace.message.Json;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Macs;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.channel.ChannelGroups;
import dev.millrace.onnx.channel.Cut;
import dev.millrace.onnx.channel.Observation;
import dev.millrace.onnx.channel.Slicer;
import dev.millrace.onnx.edit.ConstantNodes;
import dev.millrace.onnx.edit.NodeGlobs;
import dev.millrace.onnx.gate.ModelGate;
import dev.millrace.stage.Option;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import dev.millrace.training.Lesson;
import dev.millrace.training.Recovery;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Removes the channels, heads and neurons that are worth least, through everything that depends on them (after Fang et al.,
 * "DepGraph: towards any structural pruning", 2023). Cost: one run of the model and a few passes over the weights.
 */
final class Structured implements Technique<Structured.Options> {
    private static final int BISECTIONS = 24;

    private static final String MISSED =
            "The target is not met: this is the nearest result that minimumWidth, multipleOf and the pinned layers allow.";

    /** Fraction of the work that is done when recovery begins. */
    private static final double RECOVERING = 0.2;

    /** What the amount is a share of. */
    enum Target {
        /** Channels of every group. */
        CHANNELS,
        PARAMETERS,
        /** Multiply-accumulates of one sample. */
        MACS
    }

    /** Where channels compete. */
    enum Ranking {
        LAYER,
        GLOBAL
    }

    record Options(
            @Option(
                    value = "What the amount is a share of: channels, parameters or multiply-accumulates.",
                    defaultValue = "\"macs\"")
            Target target,

            @Option(value = "Share that goes.", defaultValue = "0.5", allowed = "0 ≤ amount < 1")
            double amount,

            @Option(value = "How channels are scored.", defaultValue = "\"l2\"")
            Importance importance,

            @Option(
                    value = "Whether channels compete within their layer or with those of all layers.",
                    defaultValue = "\"layer\"")
            Ranking ranking,

            @Option(
                    value = "Widths are rounded up to multiples of this; ONNX Runtime is fast at 8 and 16.",
                    defaultValue = "8",
                    allowed = "1 ≤ multipleOf ≤ 128")
            int multipleOf,

            @Option(value = "Least width of a layer.", defaultValue = "1", allowed = "minimumWidth ≥ 1")
            int minimumWidth,

            @Option(
                    value = "Layers to leave alone, by name, operator type or name of the weight, with * and ?.",
                    defaultValue = "[]",
                    allowed = "each must match something")
            List<String> ignored,

            Recovery recovery) {
        Options {
            if (!(amount >= 0 && amount < 1)) {
                throw new IllegalArgumentException("amount=" + amount);
            }
            if (multipleOf < 1 || multipleOf > 128) {
                throw new IllegalArgumentException("multipleOf=" + multipleOf);
            }
            if (minimumWidth < 1) {
                throw new IllegalArgumentException("minimumWidth=" + minimumWidth);
            }
        }

        private boolean meets(Cost before, Cost after) {
            return target == Target.CHANNELS || left(this, before, after) <= 1 - amount;
        }
    }

    private final Duration checkpointEvery;

    Structured() {
        this(Lesson.CHECKPOINT_EVERY);
    }

    /** @param checkpointEvery time between checkpoints of recovery */
    Structured(Duration checkpointEvery) {
        this.checkpointEvery = checkpointEvery;
    }

    @Override
    public String name() {
        return "structured";
    }

    @Override
    public String summary() {
        return "Removes whole channels, heads and neurons, so that the model is really smaller.";
    }

    @Override
    public String useWhen() {
        return "The model should need fewer operations on any hardware, and can be trained again afterwards.";
    }

    @Override
    public Class<Options> options() {
        return Options.class;
    }

    /** Size of a network after a cut. */
    private record Cost(long parameters, long macs) {
        static Cost of(Model model, Observation seen, Cut cut) {
            var dims = cut.dims(seen.dims());
            long parameters = model.graph().initializers().stream()
                    .filter(tensor -> tensor.type().isFloatingPoint())
                    .mapToLong(tensor -> elements(cut.dims(tensor.name(), tensor.dims())))
                    .sum();
            return new Cost(parameters, Macs.of(model.graph(), dims).orElse(-1));
        }

        private static long elements(long[] dims) {
            long product = 1;
            for (long dim : dims) {
                product *= dim;
            }
            return product;
        }
    }

    /** One line of the report. */
    private record GroupReport(List<String> weights, int before, int after) {}

    @Override
    public StageResult run(Options options, StageContext context) throws IOException {
        var model = ModelGate.open(context.model());
        var ignored = NodeGlobs.of("ignored", options.ignored(), model);
        ConstantNodes.toInitializers(model);
        var plain = context.workDirectory().resolve("plain.onnx");
        model.write(plain);
        context.progress(0.02, "observing");
        var seen = Shapes.observation(plain, feed(plain, context), context.workDirectory());
        var channels = ChannelGroups.of(model.graph(), seen, ignored::contains);
        if (channels.groups().isEmpty()) {
            throw new RefusedException(
                    "NOTHING_TO_PRUNE",
                    "model",
                    "every axis is pinned: " + channels.pinned(),
                    "a layer between others");
        }
        var scores = channels.groups().stream()
                .map(group -> options.importance().scores(model.graph(), group, context.seed()))
                .toList();
        var widths = new Widths(
                model.graph(),
                channels.groups(),
                scores,
                options.ranking() == Ranking.GLOBAL,
                options.multipleOf(),
                options.minimumWidth());
        context.progress(0.1, "choosing");
        var before = Cost.of(model, seen, new Cut());
        double share = share(options, model, seen, widths, before);
        var after = Cost.of(model, seen, widths.cut(share));
        var report = report(options, channels, widths.removed(share), before, after, model);
        var notes = new ArrayList<String>();
        if (!options.meets(before, after)) {
            notes.add(MISSED);
        }
        context.progress(0.15, "cutting");
        Slicer.apply(model, seen, widths.cut(share));
        Files.delete(plain);
        var file = context.workDirectory().resolve("model.onnx");
        model.write(file);
        check(file, context);
        var mended = options.recovery().mend(file, context, RECOVERING, checkpointEvery);
        report.put("recovery", mended.report());
        notes.addAll(mended.notes());
        report.put("notes", json(notes));
        return new StageResult(mended.model(), null, report);
    }

    /** The least share that meets the target; all if none does. */
    private static double share(Options options, Model model, Observation seen, Widths widths, Cost whole) {
        if (options.target() == Target.CHANNELS) {
            return options.amount();
        }
        if (options.target() == Target.MACS && whole.macs() <= 0) {
            throw new RefusedException(
                    "MACS_UNKNOWN",
                    "option target",
                    "a model whose operations cannot be counted",
                    "parameters or channels");
        }
        double low = 0;
        double high = 1;
        for (int i = 0; i < BISECTIONS; i++) {
            double middle = (low + high) / 2;
            if (left(options, whole, Cost.of(model, seen, widths.cut(middle))) <= 1 - options.amount()) {
                high = middle;
            } else {
                low = middle;
            }
        }
        return high;
    }

    private static double left(Options options, Cost whole, Cost cost) {
        return options.target() == Target.MACS
                ? cost.macs() / (double) whole.macs()
                : cost.parameters() / (double) whole.parameters();
    }

    private static Map<String, JsonNode> report(
            Options options, ChannelGroups channels, List<BitSet> removed, Cost before, Cost after, Model model) {
        var groups = new ArrayList<GroupReport>();
        for (int g = 0; g < removed.size(); g++) {
            var group = channels.groups().get(g);
            var weights = group.slices().keySet().stream()
                    .filter(axis -> model.graph()
                            .initializer(axis.value())
                            .filter(tensor -> tensor.rank() > 1)
                            .isPresent())
                    .map(Object::toString)
                    .toList();
            groups.add(new GroupReport(
                    weights, group.size(), group.size() - removed.get(g).cardinality()));
        }
        var pinned = new LinkedHashMap<String, List<String>>();
        channels.pinned().forEach((axis, reasons) -> pinned.put(axis.toString(), reasons));
        Map<String, JsonNode> report = new LinkedHashMap<>();
        report.put("targetMet", json(options.meets(before, after)));
        report.put("parameters", json(after.parameters()));
        report.put("originalParameters", json(before.parameters()));
        if (before.macs() > 0) {
            report.put("macs", json(after.macs()));
            report.put("originalMacs", json(before.macs()));
        }
        report.put("groups", json(groups));
        report.put("pinned", json(pinned));
        return report;
    }

    private static JsonNode json(Object value) {
        return Json.mapper().valueToTree(value);
    }

    /** Runs the result once: a cut that the model cannot follow must not leave this stage. */
    private static void check(Path file, StageContext context) throws IOException {
        ModelGate.open(file);
        try (var session = OrtSession.open(file, SessionSettings.threads(context.threads()));
                var outputs = session.run(feed(file, context))) {
            if (outputs.names().isEmpty()) {
                throw new IllegalStateException("the pruned model gave nothing");
            }
        }
    }

    /** The first sample of the calibration or training data; without data, zeros, symbolic dims 1. */
    private static Map<String, Value> feed(Path model, StageContext context) throws IOException {
        try (var session = OrtSession.open(model, SessionSettings.threads(1))) {
            var data = context.data("calibration").or(() -> context.data("training"));
            if (data.isPresent()) {
                try (var samples = Dataset.open(
                        data.get().path(), data.get().format(), data.get().options(), session.inputs())) {
                    var feed = new LinkedHashMap<String, Value>();
                    samples.batches(1).iterator().next().feed().forEach((name, value) -> feed.put(name, value.copy()));
                    return feed;
                }
            }
            var feed = new LinkedHashMap<String, Value>();
            session.inputs().forEach(input -> feed.put(input.name(), Value.zeros(input.type(), input.shape(1))));
            return feed;
        }
    }
}
