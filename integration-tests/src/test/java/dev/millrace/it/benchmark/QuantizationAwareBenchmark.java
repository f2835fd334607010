package dev.millrace.it.benchmark;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Prints what quantization-aware training on Fashion-MNIST leaves of a classifier: accuracy on the test images before and
 * after, and what the task reports of latency and training.
 *
 * <pre>{@code
 * QuantizationAwareBenchmark resnet20.onnx 60000 weightBits=4
 * }</pre>
 *
 * <p>Behind the model stand how many training images are used, and options of {@code qat} as JSON.
 */
public final class QuantizationAwareBenchmark {
    private QuantizationAwareBenchmark() {}

    public static void main(String[] arguments) throws IOException {
        var images = ZooImages.fashion();
        var model = Path.of(arguments[0]);
        var task = BenchmarkTask.training(model, images.training(Integer.parseInt(arguments[1])));
        var result = task.run("quantization", "qat", BenchmarkTask.options(arguments, 2));
        System.out.printf(
                Locale.ROOT,
                "top1 %.4f of %.4f, latency %s, training %s%n",
                images.top1(result.model()),
                images.top1(model),
                result.report().get("latency"),
                result.report().get("training"));
    }
}
