package dev.millrace.distillation;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Shapes;
import dev.millrace.engine.Value;
import dev.millrace.engine.data.Batch;
import dev.millrace.engine.data.Dataset;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Macs;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.channel.ChannelGroups;
import dev.millrace.onnx.channel.Observation;
import dev.millrace.onnx.channel.Slicer;
import dev.millrace.onnx.edit.ConstantNodes;
import dev.millrace.onnx.edit.ResidualBlock;
import dev.millrace.onnx.gate.ModelGate;
import dev.millrace.stage.Option;
import dev.millrace.stage.StageContext;
import dev.millrace.training.Lesson;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Options that make a student from the teacher: fewer layers, then fewer channels in those that stay, the most important ones
 * with the teacher's weights.
 *
 * <p>A residual block counts by how much it changes what enters it, {@code ‖to − from‖ / ‖from‖} over some rows of the data
 * (after Men et al., "ShortGPT", 2024); a channel by the norm of its weights.
 */
record Derivation(
        @Option(
                value = "Share of channels, heads and neurons of every layer that a student made from the teacher has.",
                defaultValue = "null",
                allowed = "0 < width ≤ 1")
        @Nullable
        Double width,

        @Option(
                value =
                        "Share of residual blocks that a student made from the teacher has; 0.5 takes out every second.",
                defaultValue = "null",
                allowed = "0 < depth ≤ 1")
        @Nullable
        Double depth,

        @Option(
                value = "Share of multiply-accumulates that a student made from the teacher needs, by width.",
                defaultValue = "null",
                allowed = "0 < macs ≤ 1, not beside width")
        @Nullable
        Double macs) {
    private static final int ROWS = 32;
    private static final int BISECTIONS = 20;

    Derivation {
        requireShare("width", width);
        requireShare("depth", depth);
        requireShare("macs", macs);
        if (width != null && macs != null) {
            throw new IllegalArgumentException("macs=" + macs + " beside width=" + width);
        }
    }

    private static void requireShare(String option, @Nullable Double share) {
        if (share != null && !(share > 0 && share <= 1)) {
            throw new IllegalArgumentException(option + "=" + share);
        }
    }

    /** Whether a student is to be made at all. */
    boolean isAsked() {
        return width != null || depth != null || macs != null;
    }

    /**
     * Makes the student.
     *
     * @return its file in the task's directory
     * @throws RefusedException {@code NOTHING_TO_DERIVE} if the teacher has no residual block or no channel that can go
     */
    Path student(Path teacher, StageContext context) throws IOException {
        var model = ModelGate.open(teacher);
        ConstantNodes.toInitializers(model);
        var file = context.workDirectory().resolve("derived.onnx");
        model.write(file);
        var feed = feed(file, context);
        var seen = Shapes.observation(file, feed, context.workDirectory());
        long whole = Macs.of(model.graph(), seen.dims()).orElse(0);
        if (depth != null) {
            shorten(model, seen, file, feed, context);
            model.write(file);
            seen = Shapes.observation(file, feed, context.workDirectory());
        }
        if (width != null || macs != null) {
            narrow(model, seen, whole);
        }
        model.write(file);
        return file;
    }

    private void shorten(Model model, Observation seen, Path file, Map<String, Value> feed, StageContext context)
            throws IOException {
        var blocks = ResidualBlock.of(model.graph(), seen.dims());
        if (blocks.isEmpty()) {
            throw new RefusedException(
                    "NOTHING_TO_DERIVE",
                    "option depth",
                    "a teacher without residual blocks",
                    "option width or macs, or a student of its own");
        }
        double stays = depth == null ? 1 : depth;
        var worth = worth(blocks, file, feed, context);
        for (var run : ResidualBlock.runs(blocks, seen.dims())) {
            int goes = run.size() - (int) Math.ceil(run.size() * stays - 1e-9);
            var least = run.stream()
                    .sorted(Comparator.comparingDouble(unit -> unit.stream()
                            .mapToDouble(block -> worth.getOrDefault(block, 0.0))
                            .sum()))
                    .limit(goes)
                    .flatMap(Collection::stream)
                    .toList();
            // from the last to the first: what enters a later block may be what an earlier one that goes gives
            for (int i = blocks.size() - 1; i >= 0; i--) {
                if (least.contains(blocks.get(i))) {
                    blocks.get(i).remove(model.graph());
                }
            }
        }
    }

    private static Map<ResidualBlock, Double> worth(
            List<ResidualBlock> blocks, Path file, Map<String, Value> feed, StageContext context) throws IOException {
        var values = new ArrayList<String>();
        for (var block : blocks) {
            values.add(block.from());
            values.add(block.to());
        }
        var worth = new LinkedHashMap<ResidualBlock, Double>();
        var settings = SessionSettings.threads(context.threads());
        try (var session = OrtSession.observing(
                        file, values.stream().distinct().toList(), context.workDirectory(), settings);
                var outputs = session.run(feed)) {
            for (var block : blocks) {
                worth.put(block, change(outputs.get(block.from()), outputs.get(block.to())));
            }
        }
        return worth;
    }

    /** {@code ‖to − from‖ / ‖from‖}. */
    private static double change(Value from, Value to) {
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < from.size(); i++) {
            double before = from.number(i);
            difference += Math.pow(to.number(i) - before, 2);
            norm += before * before;
        }
        return Math.sqrt(difference / Math.max(norm, Double.MIN_NORMAL));
    }

    private void narrow(Model model, Observation seen, long whole) {
        var groups = ChannelGroups.of(model.graph(), seen, node -> false).groups();
        if (groups.isEmpty()) {
            throw new RefusedException(
                    "NOTHING_TO_DERIVE",
                    "option " + (macs == null ? "macs" : "width"),
                    "a teacher whose channels are all pinned",
                    "a layer between others, or a student of its own");
        }
        var narrower = new Narrowing(model.graph(), groups);
        double share = width != null ? width : shareFor(model, seen, narrower, whole);
        Slicer.apply(model, seen, narrower.cut(share));
    }

    /** The largest share of channels with which the student needs no more operations than it may. */
    private double shareFor(Model model, Observation seen, Narrowing narrower, long whole) {
        if (whole <= 0 || macs == null) {
            throw new RefusedException(
                    "MACS_UNKNOWN", "option macs", "a teacher whose operations cannot be counted", "option width");
        }
        double low = 0;
        double high = 1;
        for (int i = 0; i < BISECTIONS; i++) {
            double middle = (low + high) / 2;
            long needed = Macs.of(model.graph(), narrower.cut(middle).dims(seen.dims()))
                    .orElse(Long.MAX_VALUE);
            if (needed <= macs * whole) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Some rows of the training data; zeros where there is none. */
    private static Map<String, Value> feed(Path model, StageContext context) throws IOException {
        try (var session = OrtSession.open(model, SessionSettings.threads(1))) {
            var data = context.data(Lesson.TRAINING);
            var feed = new LinkedHashMap<String, Value>();
            if (data.isEmpty()) {
                session.inputs().forEach(input -> feed.put(input.name(), Value.zeros(input.type(), input.shape(1))));
                return feed;
            }
            try (var samples = Dataset.open(
                    data.get().path(), data.get().format(), data.get().options(), session.inputs())) {
                Batch first = samples.batches(ROWS).iterator().next();
                first.feed().forEach((name, value) -> feed.put(name, value.copy()));
            }
            return feed;
        }
    }
}
