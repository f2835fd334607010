package dev.millrace.it.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.Json;
import dev.millrace.message.Trial;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * Narrows a classifier of Fashion-MNIST by one share everywhere, and by widths that are searched, weights inherited, and
 * prints for each uniform one the best searched one that costs no more: the cost, and the right answers on the 10,000 test
 * images, both trained alike by the model on so many images once.
 *
 * <pre>{@code
 * MILLRACE_CACHE=… MILLRACE_ZOO=… WidthBenchmark resnet20.onnx 1000 10000 macs trials=30
 * }</pre>
 *
 * <p>The numbers are the images that a trial learns from, as many are held out, and those of the training in the end. The
 * rest are options of {@code nas:search}.
 */
public final class WidthBenchmark {
    private static final ZooImages FASHION = ZooImages.fashion();

    private final Path model;
    private final int images;
    private final String cost;
    private final Map<String, JsonNode> options;

    private WidthBenchmark(Path model, int images, String cost, Map<String, JsonNode> options) {
        this.model = model;
        this.images = images;
        this.cost = cost;
        this.options = options;
    }

    public static void main(String[] arguments) throws IOException {
        var benchmark = new WidthBenchmark(
                Path.of(arguments[0]),
                Integer.parseInt(arguments[1]),
                arguments[3],
                BenchmarkTask.options(arguments, 4));
        benchmark.compare(Integer.parseInt(arguments[2]));
    }

    private void compare(int longer) throws IOException {
        double start = Figures.processorSeconds();
        var uniform = search("true", "\"random\"");
        var searched = search("false", "\"nsga2\"");
        var even = done(uniform);
        var free = done(searched);
        System.out.printf(
                Locale.ROOT,
                "top1 of the model %.4f; %d trials, %.0f processor seconds%nuniform %s, test   searched %s, test%n",
                FASHION.top1(model),
                even.size() + free.size(),
                Figures.processorSeconds() - start,
                cost,
                cost);
        for (var one : even) {
            var other = free.stream()
                    .filter(trial -> cost(trial) <= cost(one))
                    .max(Comparator.comparingDouble(WidthBenchmark::top1));
            if (other.isPresent()) {
                System.out.printf(
                        Locale.ROOT,
                        "%s %.6g, %.4f   %.6g, %.4f %s%n",
                        one.values(),
                        cost(one),
                        trained(uniform, one, longer),
                        cost(other.get()),
                        trained(searched, other.get(), longer),
                        other.get().values());
            }
        }
    }

    private LocalSearch search(String uniform, String strategy) throws IOException {
        var all = new HashMap<>(BenchmarkTask.options("""
                {"space": {"kind": "derived", "branches": false, "uniform": %s, "width": [0.25, 0.375, 0.5, 0.625, 0.75]},
                 "strategy": %s, "objectives": ["metric", "%s"], "epochs": 1, "holdOut": 0.5, "latency": "table"}""".formatted(uniform, strategy, cost)));
        all.putAll(options);
        return LocalSearch.of(model, FASHION.training(2 * images), 0, all);
    }

    private List<Trial> done(LocalSearch search) throws IOException {
        return search.tried(trial -> System.out.println(trial.values() + " " + trial.figures())).stream()
                .filter(trial -> trial.state() == Trial.State.DONE)
                .sorted(Comparator.comparingDouble(this::cost))
                .toList();
    }

    private double cost(Trial trial) {
        return Objects.requireNonNull(trial.figures().get(cost), cost);
    }

    private static double top1(Trial trial) {
        return Objects.requireNonNull(trial.figures().get("top1"));
    }

    private static double trained(LocalSearch search, Trial trial, int images) throws IOException {
        Map<String, JsonNode> changes = Map.of("holdOut", Json.mapper().valueToTree(0.05));
        return FASHION.top1(Objects.requireNonNull(
                search.run(trial, FASHION.training(images), changes).model()));
    }
}
