package dev.millrace.pruning.structured;

import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;

/** How channels are judged; higher is worth more. */
enum Importance {
    /** {@code Σ|w|} (Li et al., "Pruning filters for efficient ConvNets", 2017). */
    L1(subject -> byWeights(subject, ChannelNorm.L1)),
    /** {@code √Σw²}. */
    L2(subject -> byWeights(subject, ChannelNorm.L2)),
    /** {@code Σ‖w − w'‖} over the other channels (He et al., "Filter pruning via geometric median", 2019). */
    GEOMETRIC_MEDIAN(subject -> byWeights(subject, ChannelNorm.GEOMETRIC_MEDIAN)),
    /** {@code |γ|} of batch normalization (Liu et al., "Network slimming", 2017); L2 where there is none. */
    BATCH_NORM(subject -> byWeights(subject, ChannelNorm.BATCH_NORM)),
    /**
     * What the layers that read a channel lose where they see its mean instead: its variance times {@code Σw²} of the weights
     * it is multiplied with, as a share of all (An et al., "Fluctuation-based adaptive structured pruning", 2024). Needs data,
     * no labels.
     */
    ACTIVATION(ChannelActivity::scores),
    /** {@code Σ(Σgw)²}: the square of the change of the labels' loss to first order (Molchanov et al., 2019). */
    TAYLOR(subject -> ChannelGradients.scores(subject, ChannelGradients.Order.FIRST)),
    /**
     * {@code ½Σw²h}, with the square of the gradient for the diagonal h of the Hessian (LeCun et al., "Optimal brain damage",
     * 1990; Theis et al., "Faster gaze prediction with dense networks and Fisher pruning", 2018).
     */
    HESSIAN(subject -> ChannelGradients.scores(subject, ChannelGradients.Order.SECOND)),
    /** Drawn at random: the control. */
    RANDOM(Importance::random);

    private interface Judge {
        /** One array for each group, one number for each channel. */
        List<double[]> scores(Subject subject) throws IOException;
    }

    private final Judge judge;

    Importance(Judge judge) {
        this.judge = judge;
    }

    /**
     * One array for each group, one number for each channel.
     *
     * @throws dev.millrace.message.RefusedException {@code MISSING_DATA}, {@code LABELS_MISSING} where it cannot do without
     */
    List<double[]> scores(Subject subject) throws IOException {
        return judge.scores(subject);
    }

    private static List<double[]> byWeights(Subject subject, ChannelNorm norm) {
        return subject.groups().stream()
                .map(group -> norm.scores(subject.graph(), group))
                .toList();
    }

    private static List<double[]> random(Subject subject) {
        var random = new SplittableRandom(subject.context().seed());
        return subject.groups().stream()
                .map(group -> random.doubles(group.size()).toArray())
                .toList();
    }
}
