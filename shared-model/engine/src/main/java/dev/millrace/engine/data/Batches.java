package dev.millrace.engine.data;

import dev.millrace.engine.Value;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Gathers samples into batches, and cuts what a model of fixed batch size cannot take at once. */
final class Batches implements Iterator<Batch> {
    /** Sample by number, null behind the last. */
    interface Samples {
        @Nullable
        Sample read(long index) throws IOException;
    }

    /** A sample with its values under the model's names. */
    private record Mapped(Sample sample, Map<String, Value> feed) {
        int rows() {
            return feed.values().stream()
                    .filter(value -> value.rank() > 0)
                    .mapToInt(value -> (int) value.dim(0))
                    .findFirst()
                    .orElse(1);
        }
    }

    private final Samples samples;
    private final FeedMapping mapping;
    private final int wanted;
    private final int fixed;
    private final ArrayDeque<Batch> ready = new ArrayDeque<>();
    private @Nullable Mapped ahead;
    private long next;

    Batches(Samples samples, FeedMapping mapping, int rows) {
        this.samples = samples;
        this.mapping = mapping;
        fixed = (int) mapping.fixedRows();
        wanted = fixed > 0 ? fixed : rows;
    }

    @Override
    public boolean hasNext() {
        if (ready.isEmpty()) {
            try {
                var gathered = gather();
                if (!gathered.isEmpty()) {
                    emit(gathered);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return !ready.isEmpty();
    }

    @Override
    public Batch next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return ready.remove();
    }

    private List<Mapped> gather() throws IOException {
        var gathered = new ArrayList<Mapped>();
        int rows = 0;
        while (rows < wanted) {
            var mapped = ahead != null ? ahead : read();
            ahead = null;
            if (mapped == null) {
                break;
            }
            if (!gathered.isEmpty() && !joins(gathered.get(0), mapped)) {
                ahead = mapped;
                break;
            }
            gathered.add(mapped);
            rows += mapped.rows();
            if (mapped.sample.whole()) {
                break;
            }
        }
        return gathered;
    }

    private @Nullable Mapped read() throws IOException {
        var sample = samples.read(next++);
        return sample == null ? null : new Mapped(sample, mapping.feed(sample));
    }

    private static boolean joins(Mapped first, Mapped other) {
        if (other.sample.whole() || (first.sample.labels() == null) != (other.sample.labels() == null)) {
            return false;
        }
        return first.feed.entrySet().stream().allMatch(entry -> {
            var a = entry.getValue().dims();
            var b = Objects.requireNonNull(other.feed.get(entry.getKey())).dims();
            int from = other.sample.padding().containsKey(entry.getKey()) ? 2 : 1;
            return a.length == b.length
                    && a.length > 0
                    && Arrays.equals(a, Math.min(from, a.length), a.length, b, Math.min(from, b.length), b.length);
        });
    }

    private void emit(List<Mapped> gathered) {
        var first = gathered.get(0).sample;
        var feed = new LinkedHashMap<String, Value>();
        for (var name : gathered.get(0).feed.keySet()) {
            var parts = gathered.stream()
                    .map(mapped -> Objects.requireNonNull(mapped.feed.get(name)))
                    .toList();
            var fill = first.padding().get(name);
            feed.put(name, Value.concatenate(fill == null ? parts : padded(parts, fill)));
        }
        var labels = first.labels() == null
                ? null
                : Value.concatenate(gathered.stream()
                        .map(mapped -> Objects.requireNonNull(mapped.sample.labels()))
                        .toList());
        var expected = new HashMap<String, Value>();
        for (var name : first.expected().keySet()) {
            expected.put(
                    name,
                    Value.concatenate(gathered.stream()
                            .map(mapped -> Objects.requireNonNull(
                                    mapped.sample.expected().get(name)))
                            .toList()));
        }
        int rows = gathered.stream().mapToInt(Mapped::rows).sum();
        var all = new Batch(feed, rows, labels, first.rowsPerLabel(), expected, first.where());
        if (fixed == 0 || rows == fixed) {
            ready.add(all);
        } else {
            for (int from = 0; from < rows; from += fixed) {
                ready.add(cut(all, from, Math.min(rows, from + fixed)));
            }
        }
    }

    /** Rows {@code [from, to)}, the last of them repeated up to the fixed batch size. */
    private Batch cut(Batch all, int from, int to) {
        var feed = new LinkedHashMap<String, Value>();
        all.feed()
                .forEach((name, value) -> feed.put(
                        name, value.rank() > 0 && value.dim(0) == all.rows() ? filledUp(value.rows(from, to)) : value));
        var expected = new HashMap<String, Value>();
        all.expected()
                .forEach((name, value) -> expected.put(
                        name, value.rank() > 0 && value.dim(0) == all.rows() ? value.rows(from, to) : value));
        int per = all.rowsPerLabel();
        var labels = all.labels() == null ? null : all.labels().rows((from + per - 1) / per, (to + per - 1) / per);
        return new Batch(feed, to - from, labels, per, expected, all.where() + ", row " + from);
    }

    private Value filledUp(Value rows) {
        long have = rows.dim(0);
        if (have == fixed) {
            return rows;
        }
        var parts = new ArrayList<>(List.of(rows));
        for (long i = have; i < fixed; i++) {
            parts.add(rows.rows(have - 1, have));
        }
        return Value.concatenate(parts);
    }

    private static List<Value> padded(List<Value> parts, long fill) {
        long longest = parts.stream().mapToLong(part -> part.dim(1)).max().orElse(0);
        return parts.stream().map(part -> padded(part, longest, fill)).toList();
    }

    /** {@code (N, T)} to {@code (N, longest)}. */
    private static Value padded(Value part, long longest, long fill) {
        if (part.dim(1) == longest) {
            return part;
        }
        var wide = Value.full(part.type(), (double) fill, part.dim(0), longest);
        int bytes = part.type().bits() / 8;
        for (int row = 0; row < part.dim(0); row++) {
            int length = (int) part.dim(1) * bytes;
            wide.bytes().put((int) (row * longest * bytes), part.bytes(), row * length, length);
        }
        return wide;
    }
}
