package dev.millrace.quantization;

/** How the range of an activation follows from the values it took. */
enum RangeMethod {
    /** Everything that was seen. Right for most networks, and the fastest. */
    MINMAX {
        @Override
        Range choose(Histogram seen, double percentile) {
            return seen.range();
        }
    },

    /** Leaves out the outermost {@code 100 − percentile} percent of the values, half of them on either side. */
    PERCENTILE {
        @Override
        Range choose(Histogram seen, double percentile) {
            double tail = (1 - percentile / 100) / 2;
            return new Range(seen.quantile(tail), seen.quantile(1 - tail));
        }
    },

    /**
     * The range whose clipped and rounded distribution is nearest to the one seen, by Kullback-Leibler divergence (Migacz,
     * "8-bit inference with TensorRT", 2017).
     */
    ENTROPY {
        @Override
        Range choose(Histogram seen, double percentile) {
            return best(seen, RangeMethod::divergence);
        }
    },

    /** The range with the least mean-square error of rounding and clipping. */
    MSE {
        @Override
        Range choose(Histogram seen, double percentile) {
            return best(seen, RangeMethod::squaredError);
        }
    };

    private static final int CANDIDATES = 40;
    private static final double SMALLEST_FACTOR = 0.2;

    /** What a candidate range costs; less is better. */
    private interface Cost {
        double of(Histogram seen, Range range);
    }

    /**
     * The range to quantize to.
     *
     * @param seen at least one value
     * @param percentile 0..100, for {@link #PERCENTILE}
     */
    abstract Range choose(Histogram seen, double percentile);

    /** Shrinks the side with the larger magnitude first, then the other; the distribution is far from symmetric. */
    private static Range best(Histogram seen, Cost cost) {
        var full = seen.range();
        boolean highFirst = full.high() >= -full.low();
        var first = bestFactor(full, seen, cost, highFirst);
        return bestFactor(first, seen, cost, !highFirst);
    }

    private static Range bestFactor(Range range, Histogram seen, Cost cost, boolean highSide) {
        var best = range;
        double least = cost.of(seen, range);
        for (int i = 1; i < CANDIDATES; i++) {
            double factor = 1 - i * (1 - SMALLEST_FACTOR) / CANDIDATES;
            var candidate = highSide ? range.shrunk(1, factor) : range.shrunk(factor, 1);
            if (candidate.low() > candidate.high()) {
                continue;
            }
            double current = cost.of(seen, candidate);
            if (current < least) {
                least = current;
                best = candidate;
            }
        }
        return best;
    }

    private static double squaredError(Histogram seen, Range range) {
        var scale = Uint8Scale.of(range);
        double sum = 0;
        for (int bin = 0; bin < Histogram.BINS; bin++) {
            if (seen.inBin(bin) > 0) {
                double error = seen.middle(bin) - scale.rounded(seen.middle(bin));
                sum += seen.inBin(bin) * error * error;
            }
        }
        return sum;
    }

    /**
     * {@code Σ p·ln(p/q)}: p is the distribution with what lies outside moved to the edge, q spreads the mass that falls on
     * each of 256 levels over the bins of that level that are not empty.
     */
    private static double divergence(Histogram seen, Range range) {
        var scale = Uint8Scale.of(range);
        var clipped = new double[Histogram.BINS];
        var inside = new double[Histogram.BINS];
        int lowest = -1;
        int highest = -1;
        for (int bin = 0; bin < Histogram.BINS; bin++) {
            if (seen.middle(bin) >= range.low() && seen.middle(bin) <= range.high()) {
                lowest = lowest < 0 ? bin : lowest;
                highest = bin;
                inside[bin] = seen.inBin(bin);
            }
        }
        if (lowest < 0) {
            return Double.POSITIVE_INFINITY;
        }
        for (int bin = 0; bin < Histogram.BINS; bin++) {
            clipped[Math.min(highest, Math.max(lowest, bin))] += seen.inBin(bin);
        }
        return divergence(seen, scale, clipped, inside);
    }

    private static double divergence(Histogram seen, Uint8Scale scale, double[] p, double[] inside) {
        var mass = new double[256];
        var used = new int[256];
        var level = new int[p.length];
        double total = 0;
        for (int bin = 0; bin < p.length; bin++) {
            level[bin] = (int) Math.rint(scale.rounded(seen.middle(bin)) / scale.scale()) + scale.zeroPoint();
            if (p[bin] > 0) {
                mass[level[bin]] += inside[bin];
                used[level[bin]]++;
                total += inside[bin];
            }
        }
        double sum = 0;
        for (int bin = 0; bin < p.length; bin++) {
            if (p[bin] > 0) {
                double share = p[bin] / seen.count();
                double modelled = mass[level[bin]] / used[level[bin]] / Math.max(1, total);
                sum += share * Math.log(share / Math.max(1e-12, modelled));
            }
        }
        return sum;
    }
}
