package dev.millrace.standalone.demo;

import dev.millrace.onnx.Attribute;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.ModelBuilder;
import dev.millrace.onnx.Node;
import dev.millrace.onnx.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Trains the classifier that the demo compresses. Rebuild the shipped file with
 *
 * <pre>{@code
 * java -cp services/standalone/target/quarkus-app/quarkus-run.jar dev.millrace.standalone.demo.DigitTrainer digits.onnx
 * }</pre>
 */
public final class DigitTrainer {
    private static final long OPSET = 17;
    private static final int EPOCHS = 14;
    private static final int BATCH = 32;
    private static final float LEARNING_RATE = 2e-3f;

    private DigitTrainer() {}

    public static void main(String[] arguments) throws IOException {
        var random = new Random(7);
        var net = new DigitNet(random);
        train(net, Digits.load(Digits.TRAINING), EPOCHS, random);
        model(net).write(Path.of(arguments[0]));
        System.out.printf("%.4f of the test digits are right%n", accuracy(net, Digits.load(Digits.TEST)));
    }

    /** The net for pixels of 0..16: the division that the training does is part of the first weights. */
    static Model model(DigitNet net) {
        var model = new ModelBuilder(OPSET);
        var batch = Dimension.symbolic("batch");
        long side = Digits.SIDE;
        String x = model.input("image", DataType.FLOAT, batch, dim(1), dim(side), dim(side));
        float scale = 1 / Digits.WHITE;
        for (int i = 0; i < net.convolutions.size(); i++) {
            x = convolution(model, "conv" + (i + 1), net.convolutions.get(i), scale, x);
            scale = 1;
        }
        long[] window = {DigitNet.POOL, DigitNet.POOL};
        x = model.node(
                "MaxPool", List.of(x), Attribute.ints("kernel_shape", window), Attribute.ints("strides", window));
        x = model.node("Flatten", List.of(x));
        model.output(dense(model, "scores", net.scores, x), DataType.FLOAT, batch, dim(Digits.CLASSES));
        return model.build();
    }

    private static String convolution(ModelBuilder model, String name, Layer.Conv layer, float scale, String x) {
        float[] weights = layer.weights.value.clone();
        for (int i = 0; i < weights.length; i++) {
            weights[i] *= scale;
        }
        String w = model.initializer(Tensor.floats(name + ".weight", weights, layer.weights.shape));
        String b = model.initializer(Tensor.floats(name + ".bias", layer.bias.value, layer.bias.shape));
        String sums = model.node(Node.of(
                "Conv",
                name,
                List.of(x, w, b),
                List.of(name + ".sums"),
                Attribute.ints("kernel_shape", Layer.Conv.KERNEL, Layer.Conv.KERNEL),
                Attribute.ints("pads", 1, 1, 1, 1)));
        return model.node("Relu", List.of(sums));
    }

    private static String dense(ModelBuilder model, String name, Layer.Dense layer, String x) {
        String w = model.initializer(Tensor.floats(name + ".weight", layer.weights.value, layer.weights.shape));
        String b = model.initializer(Tensor.floats(name + ".bias", layer.bias.value, layer.bias.shape));
        return model.node(Node.of("Gemm", name, List.of(x, w, b), List.of(name), Attribute.of("transB", 1L)));
    }

    private static Dimension dim(long size) {
        return Dimension.of(size);
    }

    /** Runs over the data {@code epochs} times in random order; the learning rate falls linearly to 0. */
    static void train(DigitNet net, Digits digits, int epochs, Random random) {
        List<Integer> order =
                new ArrayList<>(IntStream.range(0, digits.size()).boxed().toList());
        for (int epoch = 0; epoch < epochs; epoch++) {
            Collections.shuffle(order, random);
            for (int start = 0; start < order.size(); start += BATCH) {
                List<Integer> batch = order.subList(start, Math.min(start + BATCH, order.size()));
                for (int i : batch) {
                    net.learn(scaled(digits.images().get(i)), digits.labels().get(i));
                }
                float done = (epoch + (float) start / order.size()) / epochs;
                net.step(LEARNING_RATE * (1 - done), batch.size());
            }
        }
    }

    /** Fraction of the digits with the largest score in the right place. */
    static double accuracy(DigitNet net, Digits digits) {
        int right = 0;
        for (int i = 0; i < digits.size(); i++) {
            float[] scores = net.scores(scaled(digits.images().get(i)));
            right += largest(scores) == digits.labels().get(i) ? 1 : 0;
        }
        return (double) right / digits.size();
    }

    private static int largest(float[] scores) {
        return IntStream.range(1, scores.length).reduce(0, (best, i) -> scores[i] > scores[best] ? i : best);
    }

    /** Pixels as the net was trained on them, 0..1. */
    private static float[] scaled(float[] image) {
        float[] scaled = image.clone();
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] /= Digits.WHITE;
        }
        return scaled;
    }
}
