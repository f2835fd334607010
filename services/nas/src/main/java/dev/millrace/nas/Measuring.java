package dev.millrace.nas;

import dev.millrace.engine.Latency;
import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Shapes;
import dev.millrace.engine.Value;
import dev.millrace.engine.data.Dataset;
import dev.millrace.message.NearestName;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Graph;
import dev.millrace.onnx.Macs;
import dev.millrace.onnx.Model;
import dev.millrace.onnx.Tensor;
import dev.millrace.stage.Option;
import dev.millrace.stage.StageContext;
import dev.millrace.training.Course;
import dev.millrace.training.Lesson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The options that say what using a candidate may cost and how that is found, and the finding; training is not needed. */
record Measuring(
        @Option(
                value = "Most that a cost may be; a candidate above is refused, not trained.",
                defaultValue = "{}",
                allowed = "parameters, bytes, macs or latencyMillis, and a number above 0")
        Map<String, Double> constraints,

        @Option(value = "How the time of a candidate is found.", defaultValue = "\"measured\"")
        Timing latency,

        @Option(
                value = "What is asked of the untrained candidate, as a figure of its own.",
                defaultValue = "[]",
                allowed = "synFlow, snip, gradientNorm, naswot; data with class labels")
        Set<Proxy> proxies) {
    static final String PARAMETERS = "parameters";
    static final String BYTES = "bytes";
    static final String MACS = "macs";
    static final String LATENCY = "latencyMillis";

    /** Rows of the batch that proxies look at. */
    private static final int PROXY_ROWS = 64;

    /** Every name that a cost may have. */
    static final List<String> COSTS = List.of(PARAMETERS, BYTES, MACS, LATENCY);

    /** How a candidate is timed. */
    enum Timing {
        /** In ONNX Runtime, where the trial runs; the median over single samples. */
        MEASURED,
        /** As the sum of its operators, each measured once on this machine. */
        TABLE,
        /** Not at all. */
        NONE
    }

    Measuring {
        constraints.forEach((cost, most) -> {
            if (!COSTS.contains(cost)) {
                throw new RefusedException(
                        "UNKNOWN_COST", "option constraints", cost, NearestName.choices(cost, COSTS));
            }
            Course.requirePositive("constraints of " + cost, most);
        });
    }

    /** Whether a result tells a time. */
    boolean timed() {
        return latency != Timing.NONE;
    }

    /** The costs by name; {@code macs} are missing where they cannot be counted, {@code latencyMillis} if not wanted. */
    Map<String, Double> costs(Path candidate, StageContext context) throws IOException {
        var model = Model.read(candidate);
        var costs = new LinkedHashMap<String, Double>();
        costs.put(PARAMETERS, (double) parameters(model.graph()));
        costs.put(BYTES, (double) Files.size(candidate));
        var feed = sample(candidate, context);
        var dims = Shapes.observe(candidate, feed, context.workDirectory());
        Macs.of(model.graph(), dims).ifPresent(macs -> costs.put(MACS, (double) macs));
        switch (latency) {
            case MEASURED -> costs.put(LATENCY, Latency.medianMillis(candidate, feed, context.threads()));
            case TABLE -> costs.put(LATENCY, new LatencyTable(context).millis(model, dims));
            case NONE -> {
                // nothing to find
            }
        }
        return costs;
    }

    /** What the candidate promises, by the name of the proxy; one that is no finite number is left out. */
    Map<String, Double> promises(Path candidate, StageContext context) throws IOException {
        var promises = new LinkedHashMap<String, Double>();
        if (proxies.isEmpty()) {
            return promises;
        }
        var data = context.data(Lesson.TRAINING).orElseThrow();
        try (var session = OrtSession.open(candidate, SessionSettings.threads(1));
                var set = Dataset.open(data.path(), data.format(), data.options(), session.inputs())) {
            var batch = set.shuffled(PROXY_ROWS, context.seed()).iterator().next();
            for (var proxy : proxies.stream().sorted().toList()) {
                double promise = proxy.of(candidate, batch, context);
                if (Double.isFinite(promise)) {
                    promises.put(proxy.word(), promise);
                }
            }
        }
        return promises;
    }

    private static long parameters(Graph graph) {
        return graph.initializers().stream()
                .filter(tensor -> tensor.type().isFloatingPoint() && tensor.elements() > 1)
                .mapToLong(Tensor::elements)
                .sum();
    }

    /**
     * @throws RefusedException {@code CONSTRAINT_BROKEN} if a cost is above its constraint, {@code NOT_MEASURED} if it is
     *     not among the costs
     */
    void require(Map<String, Double> costs) {
        constraints.forEach((name, most) -> {
            var cost = costs.get(name);
            if (cost == null) {
                throw new RefusedException("NOT_MEASURED", "option constraints", name, "one of " + costs.keySet());
            }
            if (cost > most) {
                throw new RefusedException(
                        "CONSTRAINT_BROKEN", name + " of the candidate", cost.toString(), "at most " + most);
            }
        });
    }

    /** The first sample of the training data; without data, zeros, open dims 1. */
    static Map<String, Value> sample(Path model, StageContext context) throws IOException {
        var feed = new LinkedHashMap<String, Value>();
        try (var session = OrtSession.open(model, SessionSettings.threads(1))) {
            var data = context.data(Lesson.TRAINING);
            if (data.isEmpty()) {
                session.inputs().forEach(input -> feed.put(input.name(), Value.zeros(input.type(), input.shape(1))));
                return feed;
            }
            try (var samples = Dataset.open(
                    data.get().path(), data.get().format(), data.get().options(), session.inputs())) {
                samples.batches(1).iterator().next().feed().forEach((name, value) -> feed.put(name, value.copy()));
            }
        }
        return feed;
    }
}
