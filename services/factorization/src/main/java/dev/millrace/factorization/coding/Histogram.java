package dev.millrace.factorization.coding;

import java.util.Arrays;

/**
 * Numbers in narrow bins, and the codebooks that fit them: k-means in one dimension, where each centroid's members lie side
 * by side. Centroids begin where the cube root of the density puts them, which is right for many (Panter and Dite, 1951), and
 * move by Lloyd's iterations; for one-peaked densities that ends at the best (Fleischer, 1964).
 */
final class Histogram {
    private static final int BINS = 1 << 14;
    private static final int ITERATIONS = 100;
    private static final int SMOOTHED = 32;
    private static final double SETTLED = 1e-7;
    private static final int HALVINGS = 24;

    private final double low;
    private final double width;

    /** Numbers in each bin, their weight, and their weighted sum. */
    private final double[] counts = new double[BINS];

    private final double[] masses = new double[BINS];
    private final double[] sums = new double[BINS];

    /** @throws IllegalArgumentException if the bounds are no interval */
    Histogram(float low, float high) {
        if (!(low <= high)) {
            throw new IllegalArgumentException(low + ".." + high);
        }
        this.low = low;
        width = Math.max((high - (double) low) / BINS, Double.MIN_NORMAL);
    }

    /**
     * Adds a number.
     *
     * @param mass what its error costs, above or equal to 0
     */
    void add(double number, double mass) {
        int bin = (int) Math.min(BINS - 1, (number - low) / width);
        counts[bin]++;
        masses[bin] += mass;
        sums[bin] += mass * number;
    }

    /** Centroids, ascending, and what each costs besides its error. */
    static final class Codebook {
        private final double[] centroids;
        private final double[] prices;

        private Codebook(double[] centroids, double[] prices) {
            this.centroids = centroids;
            this.prices = prices;
        }

        /** Ascending. */
        double[] centroids() {
            return centroids;
        }

        /** The first number that belongs to each centroid but the first, ascending. */
        double[] bounds() {
            var bounds = new double[centroids.length - 1];
            for (int i = 0; i < bounds.length; i++) {
                double apart = centroids[i + 1] - centroids[i];
                double middle = (centroids[i] + centroids[i + 1]) / 2;
                bounds[i] = middle + (prices[i + 1] - prices[i]) / (2 * apart);
            }
            return bounds;
        }
    }

    /** Centroids of least weighted squared error, at most so many. */
    Codebook kMeans(int most) {
        return lloyd(start(most), 0);
    }

    /**
     * Centroids of least weighted squared error for an entropy of at most so many bits: those of least {@code error + price ·
     * bits} at the lowest price that meets it (Chou, Lookabaugh and Gray, "Entropy-constrained vector quantization", 1989).
     *
     * @param most centroids
     */
    Codebook kMeans(int most, double bits) {
        var free = kMeans(most);
        if (entropy(free) <= bits) {
            return free;
        }
        double low = 1e-8 * variance();
        double high = 16 * variance();
        for (int i = 0; i < HALVINGS; i++) {
            double price = Math.sqrt(low * high);
            if (entropy(lloyd(start(most), price)) > bits) {
                low = price;
            } else {
                high = price;
            }
        }
        return lloyd(start(most), high);
    }

    private double variance() {
        double mass = Arrays.stream(masses).sum();
        double mean = Arrays.stream(sums).sum() / Math.max(mass, Double.MIN_NORMAL);
        double variance = 0;
        for (int bin = 0; bin < BINS; bin++) {
            variance += masses[bin] * Math.pow(center(bin) - mean, 2);
        }
        return Math.max(Double.MIN_NORMAL, variance / Math.max(mass, Double.MIN_NORMAL));
    }

    private double center(int bin) {
        return masses[bin] > 0 ? sums[bin] / masses[bin] : low + (bin + 0.5) * width;
    }

    /** Quantiles of the cube root of the smoothed density; no more than there are different numbers. */
    private double[] start(int most) {
        int used = (int) Arrays.stream(counts).filter(count -> count > 0).count();
        if (used <= most) {
            var all = new double[used];
            for (int bin = 0, i = 0; bin < BINS; bin++) {
                if (counts[bin] > 0) {
                    all[i++] = center(bin);
                }
            }
            return all;
        }
        var reached = new double[BINS];
        double window = 0;
        double total = 0;
        for (int bin = -SMOOTHED; bin < BINS; bin++) {
            window += bin + SMOOTHED < BINS ? masses[bin + SMOOTHED] : 0;
            window -= bin - SMOOTHED > 0 ? masses[bin - SMOOTHED - 1] : 0;
            if (bin >= 0) {
                total += Math.cbrt(Math.max(0, window));
                reached[bin] = total;
            }
        }
        var start = new double[most];
        for (int i = 0, bin = 0; i < most; i++) {
            while (bin < BINS - 1 && reached[bin] < total * (i + 0.5) / most) {
                bin++;
            }
            start[i] = low + (bin + 0.5) * width;
        }
        return Arrays.stream(start).distinct().toArray();
    }

    private Codebook lloyd(double[] start, double price) {
        var centroids = start;
        var prices = new double[start.length];
        double settled = SETTLED * width * BINS;
        for (int i = 0; i < ITERATIONS; i++) {
            var moments = moments(new Codebook(centroids, prices));
            var moved = new double[centroids.length];
            var priced = new double[centroids.length];
            int alive = 0;
            double shift = 0;
            for (int j = 0; j < centroids.length; j++) {
                if (moments.counts[j] > 0) {
                    moved[alive] = moments.masses[j] > 0 ? moments.sums[j] / moments.masses[j] : centroids[j];
                    priced[alive] = -price * Math.log(moments.counts[j] / moments.count) / Math.log(2);
                    shift = Math.max(shift, Math.abs(moved[alive] - centroids[j]));
                    alive++;
                }
            }
            boolean same = alive == centroids.length && shift < settled;
            centroids = Arrays.copyOf(moved, alive);
            prices = Arrays.copyOf(priced, alive);
            if (same) {
                break;
            }
        }
        return new Codebook(centroids, prices);
    }

    /** Sums over the members of each centroid. */
    private static final class Moments {
        private final double[] counts;
        private final double[] masses;
        private final double[] sums;
        private double count;

        private Moments(int centroids) {
            counts = new double[centroids];
            masses = new double[centroids];
            sums = new double[centroids];
        }
    }

    private Moments moments(Codebook codebook) {
        var bounds = codebook.bounds();
        var moments = new Moments(codebook.centroids().length);
        int j = 0;
        for (int bin = 0; bin < BINS; bin++) {
            if (counts[bin] == 0) {
                continue;
            }
            double number = center(bin);
            while (j < bounds.length && number >= bounds[j]) {
                j++;
            }
            moments.counts[j] += counts[bin];
            moments.masses[j] += masses[bin];
            moments.sums[j] += sums[bin];
            moments.count += counts[bin];
        }
        return moments;
    }

    private double entropy(Codebook codebook) {
        var moments = moments(codebook);
        double bits = 0;
        for (double count : moments.counts) {
            double share = count / moments.count;
            bits -= share > 0 ? share * Math.log(share) : 0;
        }
        return bits / Math.log(2);
    }
}
