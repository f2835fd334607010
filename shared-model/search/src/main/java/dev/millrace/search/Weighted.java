package dev.millrace.search;

import java.util.random.RandomGenerator;

/** Draws by chance. */
final class Weighted {
    private Weighted() {}

    /** @param chance of each index; the sum is 1 */
    static int draw(double[] chance, RandomGenerator random) {
        double left = random.nextDouble();
        for (int i = 0; i < chance.length - 1; i++) {
            left -= chance[i];
            if (left < 0) {
                return i;
            }
        }
        return chance.length - 1;
    }
}
