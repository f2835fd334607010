package dev.millrace.it.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.onnx.Model;
import dev.millrace.stage.LocalData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Trains small students alone and by a teacher, and prints top-1 on 10,000 test images.
 *
 * <pre>{@code
 * MILLRACE_ZOO=… DistillationBenchmark fashion resnet20.onnx 3000 60 3 temperature=2
 * MILLRACE_ZOO=… DistillationBenchmark mnist 20 teacher.onnx
 * }</pre>
 *
 * <p>{@code fashion}: students of 2,000 and 6,000 parameters on Fashion-MNIST, with the teacher, the number of labelled
 * images, the epochs and the number of seeds as given. Each is trained by the labels, by labels and teacher on the same
 * images, and by the teacher alone on all 60,000 images for as many updates. {@code mnist}: a teacher of two layers of 1,200
 * and a student of two layers of 800, with the number of epochs as given (Hinton, Vinyals and Dean, 2015, section 3; the
 * teacher trains with shifted images instead of dropout). Further arguments are options, as JSON.
 */
public final class DistillationBenchmark {
    private static final Set<String> DISTILL_ONLY = Set.of("temperature", "hardLoss", "softLoss");

    private final Map<String, JsonNode> given;
    private final Path directory = Files.createTempDirectory("distillation");

    private DistillationBenchmark(String[] arguments, int from) throws IOException {
        given = BenchmarkTask.options(arguments, from);
    }

    public static void main(String[] arguments) throws IOException {
        if (arguments[0].equals("mnist")) {
            new DistillationBenchmark(arguments, 3).hinton(Integer.parseInt(arguments[1]), Path.of(arguments[2]));
        } else {
            new DistillationBenchmark(arguments, 5)
                    .fewLabels(
                            Path.of(arguments[1]),
                            Integer.parseInt(arguments[2]),
                            Double.parseDouble(arguments[3]),
                            Integer.parseInt(arguments[4]));
        }
    }

    private void fewLabels(Path teacher, int labelled, double epochs, int seeds) throws IOException {
        var images = ZooImages.fashion();
        System.out.printf(Locale.ROOT, "teacher %.4f, %d labelled images%n", images.top1(teacher), labelled);
        System.out.println("student   seed   by labels   with teacher   teacher alone, 60,000 images");
        for (int width = 8; width <= 16; width *= 2) {
            var sums = new double[3];
            for (long seed = 0; seed < seeds; seed++) {
                var student = written(Students.convolutional(width, 2 * width, seed));
                var few = images.training(labelled);
                double[] scores = {
                    images.top1(trained("fine-tune", student, few, "\"epochs\": " + epochs)),
                    images.top1(taught(teacher, student, few, "\"epochs\": " + epochs)),
                    images.top1(taught(
                            teacher,
                            student,
                            images.training(),
                            "\"hardLoss\": 0, \"holdOut\": 0, \"epochs\": " + epochs * labelled / ZooImages.ALL))
                };
                for (int i = 0; i < scores.length; i++) {
                    sums[i] += scores[i] / seeds;
                }
                print(width, Long.toString(seed), scores);
            }
            print(width, "mean", sums);
        }
    }

    private static void print(int width, String seed, double[] scores) {
        System.out.printf(
                Locale.ROOT,
                "%2d-%2d   %6s      %6.4f         %6.4f         %6.4f%n",
                width,
                2 * width,
                seed,
                scores[0],
                scores[1],
                scores[2]);
    }

    /** @param teacher where the trained teacher is; where there is none yet, one is trained and written there */
    private void hinton(int epochs, Path teacher) throws IOException {
        var images = ZooImages.mnist();
        var all = images.training();
        var course = "\"batchSize\": 128, \"epochs\": " + epochs;
        if (!Files.exists(teacher)) {
            Files.copy(trained("fine-tune", written(Students.dense(1200, 1)), all, course + ", \"crop\": 2"), teacher);
        }
        System.out.printf(Locale.ROOT, "teacher %.4f%n", images.top1(teacher));
        var student = written(Students.dense(800, 2));
        double best = images.top1(teacher);
        double alone = images.top1(trained("fine-tune", student, all, course));
        double taught = images.top1(taught(teacher, student, all, course));
        System.out.printf(
                Locale.ROOT,
                "errors of 10,000: teacher %.0f, student alone %.0f, by soft targets %.0f: %.0f %% of the gap closed%n",
                1e4 * (1 - best),
                1e4 * (1 - alone),
                1e4 * (1 - taught),
                100 * (taught - alone) / (best - alone));
    }

    private Path taught(Path teacher, Path student, LocalData data, String options) throws IOException {
        return trained("distill", student, data, options + ", \"teacher\": [\"" + teacher + "\"]");
    }

    private Path trained(String technique, Path student, LocalData data, String json) throws IOException {
        var options = BenchmarkTask.options("{" + json + "}");
        given.forEach((name, value) -> {
            if (technique.equals("distill") || !DISTILL_ONLY.contains(name)) {
                options.put(name, value);
            }
        });
        var task = BenchmarkTask.training(student, data);
        return Objects.requireNonNull(
                task.run("distillation", technique, options).model());
    }

    private Path written(Model model) throws IOException {
        var file = Files.createTempFile(directory, "student", ".onnx");
        model.write(file);
        return file;
    }
}
