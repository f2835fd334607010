package dev.millrace.onnx.edit;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.millrace.onnx.Model;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/** ONNX Runtime as the oracle: what a model computes for inputs that are always the same. */
final class OnnxRuntime {
    private OnnxRuntime() {}

    /** Feeds normal numbers to every float input and {@code true} to every bool; returns the float outputs by name. */
    static Map<String, float[]> run(Model model) {
        var environment = OrtEnvironment.getEnvironment();
        try (var options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            var file = Files.createTempFile("tiny", ".onnx");
            model.write(file);
            var bytes = Files.readAllBytes(file);
            Files.delete(file);
            try (var session = environment.createSession(bytes, options)) {
                var feeds = new LinkedHashMap<String, OnnxTensor>();
                var random = new Random(7);
                for (var input : model.graph().requiredInputs()) {
                    var dims = input.shape().orElseThrow().stream()
                            .mapToLong(dim -> dim.isFixed() ? dim.size() : 2)
                            .toArray();
                    feeds.put(
                            input.name(),
                            switch (input.type()) {
                                case BOOL -> OnnxTensor.createTensor(environment, true);
                                default -> OnnxTensor.createTensor(environment, normal(random, dims), dims);
                            });
                }
                try (var result = session.run(feeds)) {
                    var outputs = new LinkedHashMap<String, float[]>();
                    for (var entry : result) {
                        var buffer = ((OnnxTensor) entry.getValue()).getFloatBuffer();
                        var values = new float[buffer.remaining()];
                        buffer.get(values);
                        outputs.put(entry.getKey(), values);
                    }
                    return outputs;
                }
            }
        } catch (OrtException e) {
            throw new AssertionError(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static FloatBuffer normal(Random random, long[] dims) {
        int size = 1;
        for (var dim : dims) {
            size *= (int) dim;
        }
        var values = FloatBuffer.allocate(size);
        while (values.hasRemaining()) {
            values.put((float) random.nextGaussian());
        }
        return values.flip();
    }
}
