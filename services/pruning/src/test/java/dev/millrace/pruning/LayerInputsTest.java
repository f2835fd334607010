package dev.millrace.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.engine.Value;
import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.Node;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LayerInputsTest {
    @Test
    void theFactorIsThatOfTheInverse() {
        int n = 7;
        var random = new Random(1);
        var gram = new Gram(1, n, true);
        for (int v = 0; v < 30; v++) {
            var vector = new float[n];
            for (int i = 0; i < n; i++) {
                vector[i] = (float) random.nextGaussian();
            }
            gram.add(0, vector);
        }
        var order = new int[] {3, 1, 6, 0, 2, 5, 4};
        var h = gram.matrix(0, order);
        var u = gram.matrix(0, order);
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
            assertThat(h[i][i]).isCloseTo(gram.diagonal(0)[order[i]], within(1e-9));
        }
    }

    @Test
    void patchesAreWhatTheKernelSees() {
        var node = Node.of("Conv", "c", List.of("x", "w"), List.of("y"))
                .with(Attribute.ints("pads", 1, 0, 0, 0))
                .with(Attribute.ints("strides", 2, 1))
                .with(Attribute.of("group", 2));
        var patches = new Patches("x", node, List.of(2L, 2L));
        var input = Value.of(new float[] {1, 2, 3, 4, 5, 6, 7, 8, 10, 20, 30, 40, 50, 60, 70, 80}, 1, 2, 4, 2);
        var gram = new Gram(2, 4, true);
        patches.add(input, gram, 1);

        // (4 + 1 − 2) / 2 + 1 = 2 rows, one column: rows −1 and 0, rows 1 and 2
        assertThat(patches.count(input)).isEqualTo(2);
        assertThat(gram.diagonal(0)).containsExactly(9, 16, 1 + 25, 4 + 36);
        assertThat(gram.diagonal(1)).containsExactly(900, 1600, 100 + 2500, 400 + 3600);
        assertThat(gram.matrix(0, new int[] {0, 1, 2, 3})[2][3]).isEqualTo(1 * 2 + 5 * 6);
    }

    @Test
    void vectorsLieAlongTheirAxis() {
        var input = Value.of(new float[] {1, 2, 3, 4, 5, 6}, 1, 2, 3);
        var columns = new Gram(1, 2, false);
        new Vectors.Along("x", 1).add(input, columns, 1);
        assertThat(columns.diagonal(0)).containsExactly(1 + 4 + 9, 16 + 25 + 36);

        var rows = new Gram(1, 3, false);
        new Vectors.Along("x", -1).add(input, rows, 1);
        assertThat(rows.diagonal(0)).containsExactly(1 + 16, 4 + 25, 9 + 36);
    }
}
