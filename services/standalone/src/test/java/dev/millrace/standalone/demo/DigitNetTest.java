package dev.millrace.standalone.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DigitNetTest {
    private static final float STEP = 1e-3f;
    private static final double TOLERANCE = 2e-2;

    @Test
    void gradientsAreTheSlopesOfTheLoss() {
        var random = new Random(1);
        var net = new DigitNet(List.of(2, 3), random);
        float[] image = new float[Digits.SIDE * Digits.SIDE];
        for (int i = 0; i < image.length; i++) {
            image[i] = random.nextFloat();
        }

        net.learn(image, 3);
        var parameters = net.parameters();
        var gradients = parameters.stream().map(p -> p.gradient.clone()).toList();
        for (int p = 0; p < parameters.size(); p++) {
            Parameter parameter = parameters.get(p);
            float[] gradient = gradients.get(p);
            for (int probe = 0; probe < 8; probe++) {
                int i = random.nextInt(gradient.length);
                float value = parameter.value[i];
                parameter.value[i] = value + STEP;
                double above = net.learn(image, 3);
                parameter.value[i] = value - STEP;
                double below = net.learn(image, 3);
                parameter.value[i] = value;
                assertThat((double) gradient[i]).isCloseTo((above - below) / (2 * STEP), within(TOLERANCE));
            }
        }
    }

    @Test
    void trainingOnAFewDigitsLearnsThem() {
        var random = new Random(2);
        var net = new DigitNet(List.of(8, 16), random);
        var all = Digits.load(Digits.TEST);
        var few = new Digits(all.images().subList(0, 60), all.labels().subList(0, 60));

        DigitTrainer.train(net, few, 200, random);

        assertThat(DigitTrainer.accuracy(net, few)).isGreaterThan(0.95);
    }

    @Test
    void trainingAndTestDigitsAreApart() {
        assertThat(Digits.load(Digits.TRAINING).size()).isEqualTo(1438);
        assertThat(Digits.load(Digits.TEST).size()).isEqualTo(359);
    }
}
