package dev.millrace.quantization.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.onnx.Tensor;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class BlockedMatrixTest {
    private static final int ROWS = 5;
    private static final int COLUMNS = 40;
    private static final int BLOCK = 16;

    private static final Tensor WEIGHT = Tensor.floats("w", normal(ROWS * COLUMNS), ROWS, COLUMNS);

    @ParameterizedTest
    @CsvSource({"4, NONE", "4, INTEGER", "4, FLOAT", "8, NONE", "8, INTEGER", "8, FLOAT"})
    void levelsStandForTheWeightsOfTheirBlock(int bits, ZeroPoint zeroPoint) {
        for (var fit : BlockFit.values()) {
            var matrix = BlockedMatrix.of(WEIGHT, 0, BLOCK, new Levels(bits, zeroPoint), fit);
            double squaredErrors = 0;
            for (int i = 0; i < ROWS * COLUMNS; i++) {
                double difference = WEIGHT.floats()[i] - decoded(matrix, i / COLUMNS, i % COLUMNS);
                squaredErrors += difference * difference;
            }
            assertThat(matrix.squaredErrors()).as(fit.name()).isCloseTo(squaredErrors, within(1e-6));
            assertThat(Math.sqrt(squaredErrors / matrix.squares())).isLessThan(bits == 4 ? 0.1 : 0.01);
        }
    }

    @Test
    void leastSquaresErrLessThanRoundingToNearest() {
        for (var zeroPoint : ZeroPoint.values()) {
            var levels = new Levels(4, zeroPoint);
            double nearest =
                    BlockedMatrix.of(WEIGHT, 0, BLOCK, levels, BlockFit.RTN).squaredErrors();
            double least = BlockedMatrix.of(WEIGHT, 0, BLOCK, levels, BlockFit.LEAST_SQUARES)
                    .squaredErrors();
            assertThat(least).as(zeroPoint.name()).isLessThan(0.95 * nearest);
        }
    }

    /** On average; the iteration stops at the first round that does not help. */
    @Test
    void halfQuadraticErrsLessInAbsoluteTermsThanRoundingToNearest() {
        var levels = new Levels(4, ZeroPoint.FLOAT);
        var all = normal(200 * BLOCK);
        double nearest = 0;
        double halfQuadratic = 0;
        for (int first = 0; first < all.length; first += BLOCK) {
            var block = Arrays.copyOfRange(all, first, first + BLOCK);
            nearest += absoluteError(block, BlockFit.RTN.fit(block, BLOCK, levels));
            halfQuadratic += absoluteError(block, BlockFit.HQQ.fit(block, BLOCK, levels));
        }
        assertThat(halfQuadratic).isLessThan(0.99 * nearest);
    }

    @Test
    void rowsOfATurnedWeightAreTheSameRows() {
        var turned = new float[ROWS * COLUMNS];
        for (int i = 0; i < turned.length; i++) {
            turned[i % COLUMNS * ROWS + i / COLUMNS] = WEIGHT.floats()[i];
        }
        var levels = new Levels(4, ZeroPoint.INTEGER);
        var straight = BlockedMatrix.of(WEIGHT, 0, BLOCK, levels, BlockFit.RTN);
        var other = BlockedMatrix.of(Tensor.floats("w", turned, COLUMNS, ROWS), 1, BLOCK, levels, BlockFit.RTN);
        assertThat(other.levels()).isEqualTo(straight.levels());
        assertThat(other.scales()).isEqualTo(straight.scales());
        assertThat(other.blocks()).isEqualTo(3);
    }

    @Test
    void aShortBlockIsFilledUpWithZeros() {
        var matrix = BlockedMatrix.of(WEIGHT, 0, BLOCK, new Levels(4, ZeroPoint.INTEGER), BlockFit.LEAST_SQUARES);
        for (int row = 0; row < ROWS; row++) {
            for (int column = COLUMNS; column < 3 * BLOCK; column++) {
                assertThat(decoded(matrix, row, column)).isZero();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(BlockFit.class)
    void aBlockOfEqualWeightsKeepsThem(BlockFit fit) {
        for (var zeroPoint : ZeroPoint.values()) {
            var weight = Tensor.floats("w", new float[] {0.3f, 0.3f, 0.3f, 0.3f}, 1, 4);
            var matrix = BlockedMatrix.of(weight, 0, BLOCK, new Levels(4, zeroPoint), fit);
            assertThat(decoded(matrix, 0, 2)).as(zeroPoint.name()).isCloseTo(0.3f, within(1e-5f));
        }
    }

    private static double absoluteError(float[] weights, BlockScale scale) {
        double sum = 0;
        for (float weight : weights) {
            sum += Math.abs(weight - scale.value(scale.level(weight, 15)));
        }
        return sum;
    }

    private static float decoded(BlockedMatrix matrix, int row, int column) {
        int block = row * matrix.blocks() + column / BLOCK;
        int level = matrix.levels()[block * BLOCK + column % BLOCK] & 0xff;
        return matrix.scales()[block] * (level - matrix.zeroPoints()[block]);
    }

    private static float[] normal(int size) {
        var random = new Random(3);
        var values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
