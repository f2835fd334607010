package dev.millrace.engine.moment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.engine.Value;
import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.Node;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MomentsTest {
    private static final long ALL = Long.MAX_VALUE;

    @TempDir
    static Path directory;

    private Moments moments;

    @BeforeEach
    void open() throws IOException {
        moments = Moments.open(directory, 1);
    }

    @AfterEach
    void close() {
        moments.close();
    }

    @Test
    void patchesAreWhatTheKernelSees() {
        var node = Node.of("Conv", "c", List.of("x", "w"), List.of("y"))
                .with(Attribute.ints("pads", 1, 0, 0, 0))
                .with(Attribute.ints("strides", 2, 1))
                .with(Attribute.of("group", 2));
        var patches = Vectors.Patches.of(node, List.of(2L, 2L));
        var input = Value.of(new float[] {1, 2, 3, 4, 5, 6, 7, 8, 10, 20, 30, 40, 50, 60, 70, 80}, 1, 2, 4, 2);

        // (4 + 1 − 2) / 2 + 1 = 2 rows, one column: rows −1 and 0, rows 1 and 2
        var diagonal = moments.moment(2, 4, false);
        diagonal.add(patches, input, ALL);
        assertThat(diagonal.diagonal(0)).containsExactly(9, 16, 1 + 25, 4 + 36);
        assertThat(diagonal.diagonal(1)).containsExactly(900, 1600, 100 + 2500, 400 + 3600);

        var full = moments.moment(2, 4, true);
        full.add(patches, input, ALL);
        assertThat(full.matrix(0, new int[] {0, 1, 3, 2})[2][3]).isEqualTo(1 * 2 + 5 * 6);
    }

    @Test
    void allPositionsOfAllSamplesCount() {
        var patches = Vectors.Patches.of(Node.of("Conv", "c", List.of("x", "w"), List.of("y")), List.of(1L));
        var moment = moments.moment(1, 1, false);
        moment.add(patches, Value.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 1, 3), ALL);
        assertThat(moment.diagonal(0)).containsExactly(1 + 4 + 9 + 16 + 25 + 36);
    }

    @Test
    void aTransposedConvolutionMeetsAnInputAtEveryStride() {
        var node =
                Node.of("ConvTranspose", "c", List.of("x", "w"), List.of("y")).with(Attribute.ints("strides", 2));
        var moment = moments.moment(1, 3, true);
        moment.add(Vectors.Spread.of(node, List.of(3L)), Value.of(new float[] {1, 10}, 1, 1, 2), ALL);

        // (1, 0, 0), (0, 1, 0), (10, 0, 1), (0, 10, 0), (0, 0, 10)
        assertThat(moment.matrix(0, new int[] {0, 1, 2}))
                .isDeepEqualTo(new double[][] {{101, 0, 10}, {0, 101, 0}, {10, 0, 101}});
    }

    @Test
    void holesAndComputedPadsAreThoseOfConvolutions() {
        var node = Node.of("Conv", "c", List.of("x", "w"), List.of("y"))
                .with(Attribute.ints("dilations", 2))
                .with(Attribute.of("auto_pad", "SAME_UPPER"));
        var patches = Vectors.Patches.of(node, List.of(2L));
        var moment = moments.moment(1, 2, true);
        moment.add(patches, Value.of(new float[] {1, 2, 3}, 1, 1, 3), ALL);

        // (0, 2), (1, 3), (2, 0)
        assertThat(moment.matrix(0, new int[] {0, 1})).isDeepEqualTo(new double[][] {{1 + 4, 3}, {3, 4 + 9}});
    }

    @Test
    void vectorsLieAlongTheirAxis() {
        var input = Value.of(new float[] {1, 2, 3, 4, 5, 6}, 1, 2, 3);
        var columns = moments.moment(1, 2, false);
        columns.add(new Vectors.Along("x", 1), input, ALL);
        assertThat(columns.diagonal(0)).containsExactly(1 + 4 + 9, 16 + 25 + 36);

        var rows = moments.moment(1, 3, false);
        rows.add(new Vectors.Along("x", -1), input, ALL);
        rows.add(new Vectors.Along("x", -1), input, ALL);
        assertThat(rows.diagonal(0)).containsExactly(2 * (1 + 16), 2 * (4 + 25), 2 * (9 + 36));
    }

    @Test
    void aPartOfTheVectorsIsTakenAtEqualDistances() {
        var moment = moments.moment(1, 1, false);
        moment.add(new Vectors.Along("x", -1), Value.of(new float[] {1, 10, 100, 1000, 10000, 100000}, 6, 1), 3);
        assertThat(moment.diagonal(0)).containsExactly(1 + 100 * 100 + 10000.0 * 10000);
    }

    @Test
    void aPointCanBeTakenOffAfterwards() {
        var x = new float[] {1, 2, 5, -3, 7, 4};
        var point = new float[] {3, -1};
        var moment = moments.moment(1, 2, true);
        moment.add(new Vectors.Along("x", 1), Value.of(x, 3, 2), ALL);
        moment.about(point);
        var expected = new double[2][2];
        for (int row = 0; row < 3; row++) {
            for (int i = 0; i < 2; i++) {
                for (int j = 0; j < 2; j++) {
                    expected[i][j] += (x[2 * row + i] - point[i]) * (x[2 * row + j] - point[j]);
                }
            }
        }
        var found = moment.matrix(0, new int[] {0, 1});
        for (int i = 0; i < 2; i++) {
            assertThat(found[i]).containsExactly(expected[i], within(1e-9));
        }
    }
}
