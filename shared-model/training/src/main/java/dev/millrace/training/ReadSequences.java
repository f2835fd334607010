package dev.millrace.training;

import dev.millrace.engine.Value;

/** The fraction of rows whose likeliest sequence, repetitions and blanks left out, is the label to the last class. */
final class ReadSequences {
    private final int blank;
    private long rows;
    private long right;

    ReadSequences(int blank) {
        this.blank = blank;
    }

    /**
     * Reads a batch.
     *
     * @param scores {@code (N, T, C)}
     * @param labels {@code (N, L)}, negative numbers filling up a row
     */
    void add(Value scores, Value labels) {
        var numbers = scores.floats();
        int steps = (int) scores.dim(1);
        int classes = (int) scores.dim(2);
        int length = (int) (labels.size() / labels.dim(0));
        for (int row = 0; row < labels.dim(0); row++) {
            int at = 0;
            int last = blank;
            boolean same = true;
            for (int step = 0; step < steps; step++) {
                int from = (row * steps + step) * classes;
                int best = 0;
                for (int c = 1; c < classes; c++) {
                    best = numbers.get(from + c) > numbers.get(from + best) ? c : best;
                }
                if (best != blank && best != last) {
                    same &= at < length && labels.number(row * length + at) == best;
                    at++;
                }
                last = best;
            }
            boolean whole = at >= length || labels.number(row * length + at) < 0;
            right += same && whole ? 1 : 0;
            rows++;
        }
    }

    /** NaN without rows. */
    double fraction() {
        return rows == 0 ? Double.NaN : (double) right / rows;
    }
}
