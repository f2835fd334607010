package dev.millrace.pruning.structured;

import dev.millrace.stage.Option;
import dev.millrace.stage.StageContext;
import dev.millrace.stage.StageResult;
import dev.millrace.stage.Technique;
import dev.millrace.training.Lesson;
import dev.millrace.training.Recovery;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Removes the channels, heads and neurons that are worth least, through everything that depends on them (after Fang et al.,
 * "DepGraph: towards any structural pruning", 2023). {@link Widths} finds how many of each layer, {@link Importance} which,
 * {@link Reducer} whether whole residual blocks go first, {@link Fit} fits what is left, and {@link Recovery} trains it. Cost: a few runs of the model and a few passes over
 * the weights, what the importance and the fitting take, and the training.
 */
public final class Structured implements Technique<Structured.Options> {
    /** Fraction of the work that is done when recovery begins. */
    private static final double RECOVERING = 0.3;

    /** What a faster cut may lose, over a slower one, where nothing makes up for it. */
    private static final double MOST_LOST = 1.25;

    /** The same where training follows, which wins most of it back. */
    private static final double MOST_LOST_BEFORE_TRAINING = 2.5;

    record Options(
            @Option(
                    value = "What the amount is a share of: channels, parameters, multiply-accumulates, or time in ONNX"
                            + " Runtime as measured on this machine.",
                    defaultValue = "\"macs\"")
            Target target,

            @Option(value = "Share that goes.", defaultValue = "0.5", allowed = "0 ≤ amount < 1")
            double amount,

            @Option(
                    value = "How channels are judged; null for activation where there is data, else l2.",
                    defaultValue = "null")
            @Nullable
            Importance importance,

            @Option(
                    value = "Whether channels compete within their layer, or with those of all layers by what they"
                            + " save, or so and weighed by how sensitive the model is to each layer, as it is cut or"
                            + " after fitting; null tries both where there is data, else is layer.",
                    defaultValue = "null")
            @Nullable
            Ranking ranking,

            @Option(
                    value =
                            "Widths are multiples of this; null for 8, where that cannot reach the target for 4 or 1 if the"
                                    + " result is measured to be no slower than the model, and where the time falls much"
                                    + " less than the operations for 16 or 1 if that is faster.",
                    defaultValue = "null",
                    allowed = "1 ≤ multipleOf ≤ 128")
            @Nullable
            Integer multipleOf,

            @Option(value = "Least width of a layer.", defaultValue = "1", allowed = "minimumWidth ≥ 1")
            int minimumWidth,

            @Option(
                    value = "Cut also the widths that additions tie together from block to block; without it heads,"
                            + " neurons and channels inside blocks go.",
                    defaultValue = "true")
            boolean residual,

            @Option(
                    value = "Share of the amount that goes in whole residual blocks before channels go, those that the"
                            + " answers need least; null for half where data shows that this is faster than by"
                            + " channels alone and hardly less right.",
                    defaultValue = "null",
                    allowed = "0 ≤ blocks ≤ 1")
            @Nullable
            Double blocks,

            @Option(
                    value = "Layers to leave alone, by name, operator type or name of the weight, with * and ?.",
                    defaultValue = "[]",
                    allowed = "each must match something")
            List<String> ignored,

            @Option(
                    value = "Rows of data that judging and fitting look at.",
                    defaultValue = "256",
                    allowed = "samples ≥ 1")
            int samples,

            @Option(
                    value = "Fit the layers that are left to what the model said before, by least squares on data,"
                            + " labels or not; null where there is data. Kept where the answers come nearer. Without"
                            + " training this is the recovery.",
                    defaultValue = "null")
            @Nullable
            Boolean reconstruct,

            Recovery recovery) {
        Options {
            if (!(amount >= 0 && amount < 1)) {
                throw new IllegalArgumentException("amount=" + amount);
            }
            if (multipleOf != null && (multipleOf < 1 || multipleOf > 128)) {
                throw new IllegalArgumentException("multipleOf=" + multipleOf);
            }
            if (blocks != null && !(blocks >= 0 && blocks <= 1)) {
                throw new IllegalArgumentException("blocks=" + blocks);
            }
            if (blocks != null && blocks > 0 && target == Target.CHANNELS) {
                throw new IllegalArgumentException("blocks=" + blocks + " of a target in channels");
            }
            if (minimumWidth < 1) {
                throw new IllegalArgumentException("minimumWidth=" + minimumWidth);
            }
            if (samples < 1) {
                throw new IllegalArgumentException("samples=" + samples);
            }
        }

        Importance importance(StageContext context) {
            if (importance != null) {
                return importance;
            }
            return Samples.data(context).isPresent() ? Importance.ACTIVATION : Importance.L2;
        }

        Ranking ranking(StageContext context) {
            if (ranking != null) {
                return ranking;
            }
            return Samples.data(context).isPresent() ? Ranking.SENSITIVITY : Ranking.LAYER;
        }

        /** How many times what another cut loses a faster one may lose, in worth of channels or error of answers. */
        double mostLost(StageContext context) {
            return recovery.trains(context) ? MOST_LOST_BEFORE_TRAINING : MOST_LOST;
        }

        boolean reconstructs(StageContext context) {
            return reconstruct == null ? Samples.data(context).isPresent() : reconstruct;
        }

        /** The same with another amount. */
        Options withAmount(double other) {
            return new Options(
                    target,
                    other,
                    importance,
                    ranking,
                    multipleOf,
                    minimumWidth,
                    residual,
                    blocks,
                    ignored,
                    samples,
                    reconstruct,
                    recovery);
        }
    }

    private final Duration checkpointEvery;

    public Structured() {
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

    @Override
    public boolean belongsToMachine(Options options) {
        return true; // widths that are slow give way, and it is timed
    }

    @Override
    public StageResult run(Options options, StageContext context) throws IOException {
        var original = Original.of(context, options.ignored());
        var reducer = new Reducer(options, original, context.part(0.02, RECOVERING));
        var reduced = reducer.reduced();
        var report = new StructuredReport(
                options, reducer.whole(), reduced, reducer.latency().ratio(reduced.file()));
        var remembering = context.keeping(reduced.chosen().before(context.checkpoints(), context.workDirectory()));
        return report.result(options.recovery().mend(reduced.file(), remembering, RECOVERING, checkpointEvery));
    }
}
