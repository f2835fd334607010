package dev.millrace.standalone.demo;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * Handwritten digits with their labels, from the demo's resources: one image per line, 8 × 8 pixels of 0..16 row by row,
 * then the digit.
 */
record Digits(List<float[]> images, List<Integer> labels) {
    static final int SIDE = 8;
    static final int CLASSES = 10;
    static final float WHITE = 16;
    /** 1,438 images to train with. */
    static final String TRAINING = "digits-train.csv";
    /** Every fifth image of the original file, 359 in all; never seen in training. */
    static final String TEST = "digits-test.csv";

    static Digits load(String resource) {
        try (var reader = new BufferedReader(new InputStreamReader(
                Objects.requireNonNull(Digits.class.getResourceAsStream(resource), resource),
                StandardCharsets.UTF_8))) {
            List<float[]> rows = reader.lines().skip(1).map(Digits::row).toList(); // a header comes first
            return new Digits(
                    rows.stream().map(row -> Arrays.copyOf(row, SIDE * SIDE)).toList(),
                    rows.stream().map(row -> (int) row[SIDE * SIDE]).toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int size() {
        return labels.size();
    }

    private static float[] row(String line) {
        String[] fields = line.split(",");
        float[] row = new float[fields.length];
        for (int i = 0; i < row.length; i++) {
            row[i] = Float.parseFloat(fields[i]);
        }
        return row;
    }
}
