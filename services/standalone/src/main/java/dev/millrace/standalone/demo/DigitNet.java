package dev.millrace.standalone.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Three convolutions, a pooling and a dense layer: 58,314 parameters, 3.6 million multiply-accumulates a digit. */
final class DigitNet {
    /** Side of the squares that the pooling takes the largest value of. */
    static final int POOL = 4;

    final List<Layer.Conv> convolutions;
    final Layer.Dense scores;
    private final List<Layer> layers = new ArrayList<>();

    DigitNet(Random random) {
        this(List.of(32, 64, 64), random);
    }

    /** @param channels of each convolution */
    DigitNet(List<Integer> channels, Random random) {
        int side = Digits.SIDE;
        List<Layer.Conv> made = new ArrayList<>();
        int in = 1;
        for (int out : channels) {
            var convolution = new Layer.Conv(in, out, side, random);
            made.add(convolution);
            layers.add(convolution);
            layers.add(new Layer.Relu());
            in = out;
        }
        convolutions = List.copyOf(made);
        layers.add(new Layer.MaxPool(side, POOL));
        scores = new Layer.Dense(in * (side / POOL) * (side / POOL), Digits.CLASSES, random);
        layers.add(scores);
    }

    /** @return one score for each digit */
    float[] scores(float[] image) {
        float[] values = image;
        for (Layer layer : layers) {
            values = layer.forward(values);
        }
        return values;
    }

    /** Adds the gradients of the cross-entropy loss of one image; returns the loss. */
    double learn(float[] image, int label) {
        float[] slopes = scores(image);
        double loss = crossEntropy(slopes, label);
        for (int i = layers.size() - 1; i >= 0; i--) {
            slopes = layers.get(i).backward(slopes);
        }
        return loss;
    }

    /** Moves all parameters by the mean gradient. */
    void step(float learningRate, int samples) {
        parameters().forEach(parameter -> parameter.step(learningRate, samples));
    }

    List<Parameter> parameters() {
        return layers.stream().flatMap(layer -> layer.parameters().stream()).toList();
    }

    /** Turns scores into the gradient of the loss, softmax minus one-hot; returns the loss. */
    private static double crossEntropy(float[] scores, int label) {
        float largest = Float.NEGATIVE_INFINITY;
        for (float score : scores) {
            largest = Math.max(largest, score);
        }
        double sum = 0;
        for (float score : scores) {
            sum += StrictMath.exp(score - largest);
        }
        double loss = StrictMath.log(sum) - (scores[label] - largest);
        for (int i = 0; i < scores.length; i++) {
            scores[i] = (float) (StrictMath.exp(scores[i] - largest) / sum) - (i == label ? 1 : 0);
        }
        return loss;
    }
}
