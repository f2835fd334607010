package dev.millrace.factorization;

import dev.millrace.engine.OrtSession;
import dev.millrace.engine.SessionSettings;
import dev.millrace.engine.Shapes;
import dev.millrace.engine.Value;
import dev.millrace.engine.ValueSpec;
import dev.millrace.engine.data.Dataset;
import dev.millrace.engine.data.Padding;
import dev.millrace.engine.moment.Moments;
import dev.millrace.engine.moment.Vectors;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.Graph;
import dev.millrace.stage.LocalData;
import dev.millrace.stage.StageContext;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** What running the model on calibration data showed: shapes, a few feeds, and second moments of values. */
public final class Activations {
    private static final int FEEDS = 8;
    private static final int ROWS = 16;

    private final Map<String, long[]> shapes;
    private final Map<Subject, Moments.Moment> moments = new HashMap<>();
    private final List<Map<String, Value>> feeds = new ArrayList<>();

    private Activations(Map<String, long[]> shapes) {
        this.shapes = shapes;
    }

    /**
     * Features whose second moment is wanted.
     *
     * @param last whether they lie on the last axis of the value; else on the second
     * @param unbiased whether the bias of the layer that makes the value is taken off first
     */
    public record Subject(String value, boolean last, boolean unbiased) {}

    /** Nothing was run. */
    public static Activations none() {
        return new Activations(Map.of());
    }

    /**
     * Runs all of the data.
     *
     * @param wishes what to look at, each with the bias to take off; empty for none
     * @throws RefusedException {@code NO_CALIBRATION_DATA} if there is none
     */
    public static Activations of(
            Path model, Graph graph, Map<Subject, float[]> wishes, Algebra algebra, StageContext context)
            throws IOException {
        LocalData data = context.data("calibration").orElseThrow();
        var values = new LinkedHashSet<String>();
        wishes.keySet().stream()
                .map(Subject::value)
                .filter(value -> !graph.isInput(value))
                .forEach(values::add);
        var directory = context.workDirectory();
        var settings = SessionSettings.threads(context.threads());
        try (var session = OrtSession.observing(model, values, directory, settings);
                var dataset = Dataset.open(data.path(), data.format(), data.options(), session.inputs())) {
            Activations seen = null;
            long samples = 0;
            long all = Math.max(1, dataset.samples());
            for (var batch : dataset.batches(rows(session.inputs()))) {
                context.progress(0.3 * Math.min(1, samples / (double) all), "running calibration data");
                var feed = Padding.cut(batch.feed(), session.inputs());
                if (seen == null) {
                    seen = new Activations(Shapes.observe(model, feed, directory));
                }
                seen.add(session, feed, values, wishes, algebra);
                samples += batch.rows();
            }
            if (seen == null) {
                throw new RefusedException("NO_CALIBRATION_DATA", "data calibration", "0 samples", "at least 1");
            }
            seen.moments.forEach((subject, moment) -> {
                if (subject.unbiased()) {
                    moment.about(Objects.requireNonNull(wishes.get(subject)));
                }
            });
            return seen;
        }
    }

    /** One row where a length is free, as rows of different length do not go together. */
    private static int rows(List<ValueSpec> inputs) {
        boolean free =
                inputs.stream().anyMatch(spec -> spec.dims().stream().skip(1).anyMatch(dim -> !dim.isFixed()));
        return free ? 1 : ROWS;
    }

    private void add(
            OrtSession session,
            Map<String, Value> feed,
            Collection<String> values,
            Map<Subject, float[]> wishes,
            Algebra algebra) {
        if (feeds.size() < FEEDS) {
            var copies = new LinkedHashMap<String, Value>();
            feed.forEach((name, value) -> copies.put(name, value.copy()));
            feeds.add(copies);
        }
        try (var outputs = session.run(feed, values)) {
            wishes.keySet().forEach(subject -> {
                var fed = feed.get(subject.value());
                add(subject, fed == null ? outputs.get(subject.value()) : fed, algebra);
            });
        }
    }

    private void add(Subject subject, Value value, Algebra algebra) {
        int axis = subject.last() ? value.rank() - 1 : 1;
        moments.computeIfAbsent(subject, each -> algebra.moment((int) value.dim(axis)))
                .add(new Vectors.Along(subject.value(), axis), value, Long.MAX_VALUE);
    }

    /** Whether nothing was run. */
    public boolean isEmpty() {
        return feeds.isEmpty();
    }

    /** A second moment, if it was wished for. */
    public Optional<Moments.Moment> moment(Subject subject) {
        return Optional.ofNullable(moments.get(subject));
    }

    /** The first feeds. */
    public List<Map<String, Value>> feeds() {
        return feeds;
    }

    /** Dims of a value for the first feed. */
    Optional<long[]> dims(String value) {
        return Optional.ofNullable(shapes.get(value));
    }

    /** Elements of a value over its features: the positions at which a layer is applied. 0 if it was not seen. */
    long positions(String value, boolean last) {
        var dims = shapes.get(value);
        if (dims == null || dims.length < 2) {
            return 0;
        }
        long positions = 1;
        for (int axis = 0; axis < dims.length; axis++) {
            positions *= axis == (last ? dims.length - 1 : 1) ? 1 : dims[axis];
        }
        return positions;
    }
}
