package dev.millrace.engine.data;

import dev.millrace.engine.Value;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Samples of free length, window after window, those of a window ordered by length: batches of them hold little padding.
 * Memory: the samples of a window.
 */
final class LengthWindows implements Batches.Samples {
    private final Batches.Samples samples;
    private final int size;
    private List<Sample> window = List.of();
    private long first;

    /** @param size samples of a window */
    LengthWindows(Batches.Samples samples, int size) {
        this.samples = samples;
        this.size = size;
    }

    /** Whether samples like this one are filled up to the longest of a batch. */
    static boolean suit(@Nullable Sample sample) {
        return sample != null && !sample.whole() && !sample.padding().isEmpty();
    }

    /** To be asked in order. */
    @Override
    public @Nullable Sample read(long index) throws IOException {
        if (index == first + window.size()) {
            first = index;
            window = next();
        }
        int at = Math.toIntExact(index - first);
        return at < window.size() ? window.get(at) : null;
    }

    private List<Sample> next() throws IOException {
        var read = new ArrayList<Sample>();
        for (int i = 0; i < size; i++) {
            var sample = samples.read(first + i);
            if (sample == null) {
                break;
            }
            read.add(sample);
        }
        read.sort(Comparator.comparingLong(LengthWindows::length));
        return read;
    }

    private static long length(Sample sample) {
        return sample.padding().keySet().stream()
                .map(name -> sample.values().get(name))
                .filter(Objects::nonNull)
                .mapToLong((Value value) -> value.dim(1))
                .max()
                .orElse(0);
    }
}
