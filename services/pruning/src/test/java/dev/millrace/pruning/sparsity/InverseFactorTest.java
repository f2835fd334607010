package dev.millrace.pruning.sparsity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class InverseFactorTest {
    @Test
    void theFactorIsThatOfTheInverse() {
        int n = 7;
        var random = new Random(1);
        var h = new double[n][n];
        for (int v = 0; v < 30; v++) {
            var vector = random.doubles(n, -1, 1).toArray();
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < n; j++) {
                    h[i][j] += vector[i] * vector[j];
                }
            }
        }
        var u = new double[n][];
        for (int i = 0; i < n; i++) {
            u[i] = h[i].clone();
        }
        InverseFactor.of(u);

        for (int i = 0; i < n; i++) { // UᵀU H = I
            for (int j = 0; j < n; j++) {
                double sum = 0;
                for (int k = 0; k < n; k++) {
                    double inverse = 0;
                    for (int m = 0; m < n; m++) {
                        inverse += u[m][i] * u[m][k];
                    }
                    sum += inverse * h[k][j];
                }
                assertThat(sum).isCloseTo(i == j ? 1 : 0, within(1e-9));
            }
        }
    }
}
