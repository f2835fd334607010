package dev.millrace.pruning.sparsity;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class OrderStatisticTest {
    @Test
    void findsEveryOrderOfManyScoresWithTies() {
        var random = new Random(3);
        var scores = new float[500];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = i % 3 == 0 ? i % 7 : (float) (random.nextGaussian() * Math.exp(random.nextGaussian() * 5));
        }
        var sorted = scores.clone();
        Arrays.sort(sorted);
        for (int k = 1; k <= scores.length; k++) {
            int key = OrderStatistic.kth(
                    sink -> {
                        for (var score : scores) {
                            sink.accept(score);
                        }
                    },
                    k);
            assertThat(key).isEqualTo(OrderStatistic.key(sorted[k - 1]));
        }
    }
}
