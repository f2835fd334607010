package dev.millrace.pruning.structured;

import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Macs;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.channel.Cut;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A model without those of its residual blocks that its answers need least. Again and again that block goes whose absence changes
 * the answers on data least (after Veit et al., "Residual networks behave like ensembles of relatively shallow networks", 2016);
 * then {@link Reconstruction} fits what is left. Cost: a run of the samples for every block that is left, each time one goes.
 *
 * @param left what is left, written
 * @param removed sums whose blocks went, in the order in which they went
 * @param fit absent where nothing was to be fitted
 */
record Shortened(Original left, List<String> removed, Optional<Fit> fit) {
    /** The model with all of its blocks. */
    static Shortened whole(Original original) {
        return new Shortened(original, List.of(), Optional.empty());
    }

    /** Blocks that may go. */
    static List<ResidualBlock> removable(Original original) {
        return removable(original, original.model());
    }

    private static List<ResidualBlock> removable(Original original, Model model) {
        return ResidualBlock.of(model.graph(), original.seen()).stream()
                .filter(block -> model.graph()
                        .producer(block.sum())
                        .filter(original::ignores)
                        .isEmpty())
                .toList();
    }

    /**
     * Removes the block that is needed least, as long as one fits into what may go.
     *
     * @param subject the original
     * @param share of the multiply-accumulates that stays at least, 0..1
     * @param fitted whether what is left is fitted
     * @param file to write to
     */
    static Shortened to(Original original, Subject subject, double share, boolean fitted, Path file)
            throws IOException {
        var answers = new Answers(subject);
        double least = share * macs(original, original.model());
        var model = original.model();
        var removed = new ArrayList<String>();
        while (true) {
            ResidualBlock best = null;
            double smallest = Double.POSITIVE_INFINITY;
            var tried = removable(original, model);
            for (var block : tried) {
                subject.context().progress(0.5 * removed.size() / (removed.size() + tried.size()), "trying blocks");
                var without = block.removedFrom(model);
                double error = macs(original, without) < least ? smallest : answers.error(without);
                if (error < smallest) {
                    smallest = error;
                    best = block;
                }
            }
            if (best == null) {
                return of(original, subject, model, removed, fitted, file);
            }
            model = best.removedFrom(model);
            removed.add(best.sum());
        }
    }

    /** Removes the blocks that an earlier attempt chose. */
    static Shortened again(Original original, Subject subject, List<String> removed, boolean fitted, Path file)
            throws IOException {
        var model = original.model();
        for (var sum : removed) {
            var block = removable(original, model).stream()
                    .filter(each -> each.sum().equals(sum))
                    .findFirst();
            model = block.orElseThrow().removedFrom(model);
        }
        return of(original, subject, model, removed, fitted, file);
    }

    private static Shortened of(
            Original original, Subject subject, Model shorter, List<String> removed, boolean fitted, Path file)
            throws IOException {
        var fit = fitted ? Optional.of(Fit.of(subject, original.seen(), new Cut(), shorter)) : Optional.<Fit>empty();
        var model = fit.map(Fit::model).orElse(shorter);
        model.write(file);
        return new Shortened(original.replaced(model, file), List.copyOf(removed), fit);
    }

    /** Multiply-accumulates of one sample. */
    static long macs(Original original, Model model) {
        return Macs.of(model.graph(), original.seen().dims())
                .orElseThrow(() -> new RefusedException(
                        "MACS_UNKNOWN", "model", "operations that cannot be counted", "operators whose cost is known"));
    }

    /** What a report says of the fit. */
    Map<String, Number> told() {
        return fit.map(Fit::told).orElse(Map.of());
    }
}
