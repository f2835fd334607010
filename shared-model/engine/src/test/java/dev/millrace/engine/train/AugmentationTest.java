package dev.millrace.engine.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.engine.Value;
import dev.millrace.engine.data.Batch;
import dev.millrace.message.RefusedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class AugmentationTest {
    private static final int ROWS = 40;

    @Test
    void changesTheSameWayForTheSameSeedEpochAndBatch() {
        var all = new Augmentation(1, true, 0.1, 0.3);
        var batch = pictures();

        assertThat(floats(all.of(data(batch), 7), 3, 1)).isEqualTo(floats(all.of(data(batch), 7), 3, 1));
        assertThat(floats(all.of(data(batch), 7), 3, 1)).isNotEqualTo(floats(all.of(data(batch), 8), 3, 1));
        assertThat(floats(all.of(data(batch), 7), 3, 1)).isNotEqualTo(floats(all.of(data(batch), 7), 4, 1));
        assertThat(floats(all.of(data(batch), 7), 3, 1)).isNotEqualTo(floats(all.of(data(batch), 7), 3, 0));
        assertThat(floats(data(batch), 0, 0)).isEqualTo(floats(data(pictures()), 0, 0)); // the data itself stays
    }

    /** A picture of one line, 0 1 2, can become this or that and nothing else. */
    @Test
    void shiftsAndMirrorsEachPicture() {
        assertThat(seen(new Augmentation(1, false, 0, 0))).containsExactly("[0, 0, 1]", "[0, 1, 2]", "[1, 2, 2]");
        assertThat(seen(new Augmentation(0, true, 0, 0))).containsExactly("[0, 1, 2]", "[2, 1, 0]");
        assertThat(seen(Augmentation.NONE)).containsExactly("[0, 1, 2]");
    }

    @Test
    void addsNoiseOfTheGivenSize() {
        var changed = floats(new Augmentation(0, false, 0.5, 0).of(data(pictures()), 1), 0, 0);

        double square = 0;
        for (int i = 0; i < changed.size(); i++) {
            square += Math.pow(changed.get(i) - i % 3, 2);
        }
        assertThat(Math.sqrt(square / changed.size())).isCloseTo(0.5, within(0.1));
    }

    @Test
    void mixesInputsLabelsAndTeachersAlike() {
        var numbers = new float[] {1, 2, 4};
        var batch = new Batch(
                Map.of("x", Value.of(numbers, 3, 1)),
                3,
                Value.of(new long[] {0, 1, 2}, 3),
                1,
                Map.of("teacher", Value.of(numbers, 3, 1)),
                "three rows");

        var mixed = batch(new Augmentation(0, false, 0, 1).of(data(batch), 2), 0, 0);

        var labels = Objects.requireNonNull(mixed.labels());
        assertThat(labels.dims()).containsExactly(3, 3);
        for (int row = 0; row < 3; row++) {
            double expected = 0;
            double sum = 0;
            for (int k = 0; k < 3; k++) {
                expected += labels.number(row * 3 + k) * numbers[k];
                sum += labels.number(row * 3 + k);
            }
            assertThat(sum).isCloseTo(1, within(1e-6));
            assertThat(Objects.requireNonNull(mixed.feed().get("x")).number(row))
                    .isCloseTo(expected, within(1e-5));
            assertThat(Objects.requireNonNull(mixed.expected("teacher", 0)).number(row))
                    .isCloseTo(expected, within(1e-5));
        }
    }

    @Test
    void refusesToMixWords() {
        var ids = new Batch(
                Map.of("ids", Value.of(new long[] {1, 2}, 2, 1)), 2, Value.of(new long[2], 2), 1, Map.of(), "text");

        assertThatThrownBy(() -> batch(new Augmentation(0, false, 0, 1).of(data(ids), 2), 0, 0))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("MIXUP_IMPOSSIBLE");
    }

    private static Set<String> seen(Augmentation augmentation) {
        var seen = new TreeSet<String>();
        var numbers = floats(augmentation.of(data(pictures()), 1), 0, 0);
        for (int row = 0; row < ROWS; row++) {
            seen.add(numbers.subList(3 * row, 3 * row + 3).stream()
                    .map(Float::intValue)
                    .toList()
                    .toString());
        }
        return seen;
    }

    private static Batch pictures() {
        var numbers = new float[ROWS * 3];
        var labels = new long[ROWS];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = i % 3;
            labels[i / 3] = i % 2;
        }
        return new Batch(
                Map.of("x", Value.of(numbers, ROWS, 1, 1, 3)), ROWS, Value.of(labels, ROWS), 1, Map.of(), "pictures");
    }

    private static TrainingData data(Batch batch) {
        return new TrainingData() {
            @Override
            public Iterable<Batch> epoch(long number) {
                return List.of(batch, batch);
            }

            @Override
            public long batches() {
                return 2;
            }
        };
    }

    private static Batch batch(TrainingData data, long epoch, int number) {
        var batches = new ArrayList<Batch>();
        data.epoch(epoch).forEach(batches::add);
        return batches.get(number);
    }

    private static List<Float> floats(TrainingData data, long epoch, int number) {
        var value = Objects.requireNonNull(batch(data, epoch, number).feed().get("x"));
        var floats = new ArrayList<Float>();
        for (int i = 0; i < value.size(); i++) {
            floats.add((float) value.number(i));
        }
        return floats;
    }
}
