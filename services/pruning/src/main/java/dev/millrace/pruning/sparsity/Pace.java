package dev.millrace.pruning.sparsity;

import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/** When which share of the weights is removed during training. */
enum Pace {
    /** Everything before training begins, or, if the criterion learns, as soon as it knows something. */
    ONE_SHOT(false) {
        @Override
        double share(double sparsity, double done) {
            return sparsity;
        }

        @Override
        List<Double> at(int rounds, double from, double until) {
            return List.of(from);
        }
    },

    /**
     * In rounds of pruning and training, each of which removes the same share of what is left, {@code d = (1 − s)^(k/n)}, and
     * starts the learning rate anew (Han et al., 2015; Renda, Frankle and Carbin, "Comparing rewinding and fine-tuning in
     * neural network pruning", 2020).
     */
    ITERATIVE(true) {
        @Override
        double share(double sparsity, double done) {
            return 1 - Math.pow(1 - sparsity, done);
        }
    },

    /**
     * As iterative, and each round starts from the weights that the model came with (Frankle and Carbin, "The lottery ticket
     * hypothesis", 2019).
     */
    LOTTERY_TICKET(true) {
        @Override
        double share(double sparsity, double done) {
            return ITERATIVE.share(sparsity, done);
        }
    },

    /**
     * Fast at first and slower towards the end, {@code s · (1 − (1 − k/n)³)}, in one course of the learning rate (Zhu and
     * Gupta, "To prune, or not to prune", 2017).
     */
    CUBIC(false) {
        @Override
        double share(double sparsity, double done) {
            return sparsity * (1 - Math.pow(1 - done, 3));
        }
    };

    private final boolean restartsRate;

    Pace(boolean restartsRate) {
        this.restartsRate = restartsRate;
    }

    boolean restartsRate() {
        return restartsRate;
    }

    /**
     * The sparsity when a part of the rounds is done.
     *
     * @param sparsity in the end, 0..1
     * @param done above 0, up to 1
     */
    abstract double share(double sparsity, double done);

    /**
     * Fractions of the training, ascending, before whose steps a round removes weights.
     *
     * @param from of the first round
     * @param until of the last round
     */
    List<Double> at(int rounds, double from, double until) {
        return IntStream.range(0, rounds)
                .mapToObj(round -> rounds == 1 ? until : from + (until - from) * round / (rounds - 1))
                .toList();
    }

    /** Sparsities of the rounds. */
    List<Double> shares(int rounds, double sparsity) {
        int count = this == ONE_SHOT ? 1 : rounds;
        return DoubleStream.iterate(1, round -> round <= count, round -> round + 1)
                .mapToObj(round -> share(sparsity, round / count))
                .toList();
    }
}
