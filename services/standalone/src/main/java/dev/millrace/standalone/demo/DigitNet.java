package dev.millrace.standalone.demo;

import java.util.List;
import java.util.Random;

/** Two convolutions, a pooling and two dense layers: 68,562 parameters, 1.2 million multiply-accumulates a digit. */
final class DigitNet {
    final Layer.Conv first;
    final Layer.Conv second;
    final Layer.Dense hidden;
    final Layer.Dense last;
    private final List<Layer> layers;

    DigitNet(Random random) {
        this(32, 64, 48, random);
    }

    DigitNet(int firstChannels, int secondChannels, int hiddenUnits, Random random) {
        int side = Digits.SIDE;
        first = new Layer.Conv(1, firstChannels, side, random);
        second = new Layer.Conv(firstChannels, secondChannels, side, random);
        hidden = new Layer.Dense(secondChannels * side * side / 4, hiddenUnits, random);
        last = new Layer.Dense(hiddenUnits, Digits.CLASSES, random);
        layers = List.of(
                first,
                new Layer.Relu(),
                second,
                new Layer.Relu(),
                new Layer.MaxPool(side),
                hidden,
                new Layer.Relu(),
                last);
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
