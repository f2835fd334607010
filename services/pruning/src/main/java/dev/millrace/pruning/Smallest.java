package dev.millrace.pruning;

/**
 * The mask over the {@code count} smallest magnitudes of a tensor; of equal ones the first go.
 *
 * @param threshold bits of the largest magnitude removed, −1 if none is
 * @param lastTie position of the last weight of exactly that magnitude that is removed
 */
record Smallest(int threshold, long lastTie) implements Mask {
    /** Reads the weight three times: twice to find the threshold, once to place the ties. */
    static Smallest of(Weight weight, long count) {
        if (count == 0) {
            return new Smallest(-1, -1);
        }
        int threshold = OrderStatistic.kth(sink -> weight.visit((index, value) -> sink.accept(value)), count);
        var below = new long[1];
        weight.visit((index, value) -> {
            if (OrderStatistic.key(value) < threshold) {
                below[0]++;
            }
        });
        var ties = new long[] {count - below[0]};
        var last = new long[] {-1};
        weight.visit((index, value) -> {
            if (OrderStatistic.key(value) == threshold && ties[0] > 0) {
                ties[0]--;
                last[0] = index;
            }
        });
        return new Smallest(threshold, last[0]);
    }

    @Override
    public boolean removes(long index, float weight) {
        int key = OrderStatistic.key(weight);
        return key < threshold || (key == threshold && index <= lastTie);
    }
}
