package dev.millrace.pruning.structured;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.channel.ChannelGroup;
import dev.millrace.onnx.channel.ChannelGroups;
import dev.millrace.onnx.gate.ModelGate;
import dev.millrace.stage.StageContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;

/**
 * Finds what goes: channels, or residual blocks first and channels of what is left. Channels alone are taken where their time
 * falls about as much as their operations; where it does not, since narrow layers are slow, half of what is to go is tried in
 * whole blocks, which save all of their time.
 */
final class Reducer {
    /** Share of the amount that is tried in whole blocks. */
    private static final double IN_BLOCKS = 0.5;

    /** Error of the answers by channels alone, over that with blocks, from which blocks are taken though they save no time. */
    private static final double CLEARLY_MORE = 1.25;

    private final Structured.Options options;
    private final Original whole;
    private final StageContext context;
    private final Subject subject;

    /** @param context of this part of the task */
    Reducer(Structured.Options options, Original whole, StageContext context) {
        this.options = options;
        this.whole = whole;
        this.context = context;
        subject = subject(whole, List.of());
    }

    /** What is best; what an earlier attempt chose if there was one. */
    Reduced reduced() throws IOException {
        var file = context.workDirectory().resolve("model.onnx");
        var remembered = ChosenCut.of(context.checkpoints());
        if (remembered.isPresent()) {
            var blocks = remembered.get().blocks();
            var depth = blocks.isEmpty()
                    ? Shortened.whole(whole)
                    : Shortened.again(whole, subject, blocks, options.reconstructs(context), shorter());
            return narrowed(depth, Optional.of(remembered.get().widths()), file, context);
        }
        var share = options.blocks();
        if (share != null) {
            var depth = share > 0 ? shortened(share, context.part(0, 0.2)) : Shortened.whole(whole);
            return narrowed(depth, Optional.empty(), file, context.part(0.2, 1));
        }
        var narrow = narrowed(Shortened.whole(whole), Optional.empty(), file, context.part(0, 0.5));
        return worthTrying(narrow) ? better(narrow) : narrow;
    }

    private Path shorter() {
        return context.workDirectory().resolve("shorter.onnx");
    }

    private Shortened shortened(double share, StageContext part) throws IOException {
        double least = 1 - share * options.amount();
        return Shortened.to(whole, subject.during(part), least, options.reconstructs(context), shorter());
    }

    private boolean worthTrying(Reduced narrow) throws IOException {
        return options.target() != Target.CHANNELS
                && Samples.data(context).isPresent()
                && whole().macs() > 0
                && !Shortened.removable(whole).isEmpty()
                && (options.target() == Target.LATENCY
                        || latency()
                                .lags(
                                        narrow.file(),
                                        Target.MACS.left(whole(), narrow.plan().after())));
    }

    /** Blocks and channels, or channels alone. */
    private Reduced better(Reduced narrow) throws IOException {
        var depth = shortened(IN_BLOCKS, context.part(0.5, 0.6));
        if (depth.removed().isEmpty()) {
            return narrow;
        }
        var both =
                narrowed(depth, Optional.empty(), context.workDirectory().resolve("both.onnx"), context.part(0.6, 1));
        var answers = new Answers(subject);
        double error = answers.error(both.model());
        double allowed = answers.error(narrow.model());
        if (left(both) > Math.max(1 - options.amount(), left(narrow)) || !isBetter(both, error, narrow, allowed)) {
            Files.delete(both.file());
            return narrow;
        }
        Files.move(both.file(), narrow.file(), StandardCopyOption.REPLACE_EXISTING);
        return new Reduced(both.depth(), both.groups(), both.plan(), both.fit(), both.model(), narrow.file());
    }

    /** Whether it is faster at little more error, or as fast at less; where the time is given, whether the error is less. */
    private boolean isBetter(Reduced both, double error, Reduced narrow, double allowed) throws IOException {
        if (options.target() == Target.LATENCY) {
            return error < allowed;
        }
        if (error * CLEARLY_MORE <= allowed) {
            return !latency().isClearlyFaster(narrow.file(), both.file());
        }
        return error <= options.mostLost(context) * allowed && latency().isClearlyFaster(both.file(), narrow.file());
    }

    private double left(Reduced reduced) throws IOException {
        return options.target() == Target.LATENCY
                ? latency().ratio(reduced.file())
                : options.target().left(whole(), reduced.plan().after());
    }

    private Reduced narrowed(Shortened depth, Optional<int[]> remembered, Path file, StageContext part)
            throws IOException {
        var original = depth.left();
        var seen = original.seen();
        var channels = ChannelGroups.of(original.model().graph(), seen, original::ignores);
        var groups = options.residual()
                ? channels.groups()
                : channels.insideBlocks(original.model().graph());
        if (groups.isEmpty()) {
            throw new RefusedException(
                    "NOTHING_TO_PRUNE",
                    "model",
                    "every axis is pinned: " + channels.pinned(),
                    "a layer between others");
        }
        var narrowed = subject(original, groups).during(part);
        var remains = Remains.nearest(remaining(depth), narrowed, seen, latency(narrowed), remembered);
        var model = remains.model();
        model.write(file);
        ModelGate.open(file);
        return new Reduced(depth, channels, remains.plan(), remains.fit(), model, file);
    }

    /** The options with the amount that is still to go, as a share of what is left. */
    private Structured.Options remaining(Shortened depth) throws IOException {
        if (depth.removed().isEmpty()) {
            return options;
        }
        double left = options.target() == Target.LATENCY
                ? latency().ratio(depth.left().file())
                : options.target().left(whole(), size(depth.left()));
        return options.withAmount(Math.max(0, 1 - (1 - options.amount()) / left));
    }

    /** The whole model, channels not counted. */
    Size whole() {
        return size(whole);
    }

    private static Size size(Original original) {
        return new Size.Counter(original.model().graph(), original.seen(), List.of()).of(new int[0]);
    }

    /** Times as multiples of the whole model's. */
    LatencySearch latency() {
        return latency(subject);
    }

    private LatencySearch latency(Subject judged) {
        return new LatencySearch(judged, whole.seen(), whole.feed());
    }

    private Subject subject(Original original, List<ChannelGroup> groups) {
        return new Subject(original.model(), original.file(), groups, options.samples(), options.recovery(), context);
    }
}
