package dev.millrace.training;

import dev.millrace.engine.data.Batch;
import dev.millrace.engine.train.TrainingData;
import dev.millrace.message.RefusedException;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Data prepared for training: feeds, labels and targets, on disk as the model reads them.
 *
 * <p>Where all rows are of one shape they are drawn one by one; otherwise, as with texts of different lengths, batches stay
 * together and only their order changes. Disk: all rows, as the model reads them.
 */
final class TransferSet implements Closeable {
    private final FileChannel file;
    private final List<StoredBatch> batches;
    private final @Nullable LabelSummary labels;

    private TransferSet(FileChannel file, List<StoredBatch> batches, @Nullable LabelSummary labels) {
        this.file = file;
        this.batches = batches;
        this.labels = labels;
    }

    /** Takes batches, targets among their expected values, into a new file that goes when the set is closed. */
    static final class Writer implements Closeable {
        private final Path path;
        private final FileChannel file;
        private final List<StoredBatch> stored = new ArrayList<>();
        private @Nullable LabelSummary labels;
        private int labelled;
        private boolean finished;

        Writer(Path path) throws IOException {
            this.path = path;
            file = FileChannel.open(
                    path,
                    StandardOpenOption.CREATE_NEW,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE,
                    StandardOpenOption.DELETE_ON_CLOSE);
        }

        void add(Batch batch) throws IOException {
            if (batch.labels() != null) {
                var summary = LabelSummary.of(batch.labels());
                labels = labels == null ? summary : labels.and(summary);
                labelled++;
            }
            stored.add(StoredBatch.write(file, batch));
        }

        /** @throws RefusedException {@code DATA_EMPTY} if there was no batch */
        TransferSet finished() {
            if (stored.isEmpty()) {
                throw new RefusedException(
                        "DATA_EMPTY", String.valueOf(path.getFileName()), "no sample", "at least one");
            }
            finished = true;
            return new TransferSet(file, List.copyOf(stored), labelled == stored.size() ? labels : null);
        }

        /** Removes what was not finished. */
        @Override
        public void close() throws IOException {
            if (!finished) {
                file.close();
            }
        }
    }

    /** What the labels are like; empty where a row has none. */
    Optional<LabelSummary> labels() {
        return Optional.ofNullable(labels);
    }

    long rows() {
        return batches.stream().mapToLong(StoredBatch::rows).sum();
    }

    Batch first() {
        return read(batches.get(0));
    }

    private boolean inRows() {
        return batches.stream()
                .allMatch(batch -> batch.hasRows() && batches.get(0).joins(batch));
    }

    /** Everything, in order. */
    Part all() {
        return inRows()
                ? new Rows(batches.stream()
                        .flatMap(batch ->
                                IntStream.range(0, batch.rows()).mapToObj(index -> new StoredBatch.Row(batch, index)))
                        .toList())
                : new Whole(batches);
    }

    /** Some of the set. */
    sealed interface Part {
        long rows();

        /** Rows, or batches where those stay together. */
        int units();

        Part sublist(int from, int to);

        Part shuffled(long seed);

        /** Batches of {@code rows} rows; a smaller last one only where it {@code mayBeSmaller}. */
        Iterator<Batch> batches(int rows, boolean mayBeSmaller);

        int batchCount(int rows, boolean mayBeSmaller);
    }

    /** Batches in an order of their own in every epoch. The last one, if smaller, is left out unless it is the only one. */
    static TrainingData training(Part part, int rows, long seed) {
        return new TrainingData() {
            @Override
            public Iterable<Batch> epoch(long number) {
                return () -> part.shuffled(seed * 0x9E3779B97F4A7C15L + number).batches(rows, part.rows() < rows);
            }

            @Override
            public long batches() {
                return part.batchCount(rows, part.rows() < rows);
            }
        };
    }

    /** The same batches every time, for validation. */
    static TrainingData inOrder(Part part, int rows, boolean mayBeSmaller) {
        return new TrainingData() {
            @Override
            public Iterable<Batch> epoch(long number) {
                return () -> part.batches(rows, mayBeSmaller);
            }

            @Override
            public long batches() {
                return part.batchCount(rows, mayBeSmaller);
            }
        };
    }

    private final class Rows implements Part {
        private final List<StoredBatch.Row> rows;

        Rows(List<StoredBatch.Row> rows) {
            this.rows = rows;
        }

        @Override
        public long rows() {
            return rows.size();
        }

        @Override
        public int units() {
            return rows.size();
        }

        @Override
        public Part sublist(int from, int to) {
            return new Rows(rows.subList(from, to));
        }

        @Override
        public Part shuffled(long seed) {
            return new Rows(shuffle(rows, seed));
        }

        @Override
        public int batchCount(int size, boolean mayBeSmaller) {
            return mayBeSmaller ? (rows.size() + size - 1) / size : rows.size() / size;
        }

        @Override
        public Iterator<Batch> batches(int size, boolean mayBeSmaller) {
            return IntStream.range(0, batchCount(size, mayBeSmaller))
                    .mapToObj(i -> gather(rows.subList(i * size, Math.min(rows.size(), (i + 1) * size))))
                    .iterator();
        }
    }

    private final class Whole implements Part {
        private final List<StoredBatch> part;

        Whole(List<StoredBatch> part) {
            this.part = part;
        }

        @Override
        public long rows() {
            return part.stream().mapToLong(StoredBatch::rows).sum();
        }

        @Override
        public int units() {
            return part.size();
        }

        @Override
        public Part sublist(int from, int to) {
            return new Whole(part.subList(from, to));
        }

        @Override
        public Part shuffled(long seed) {
            return new Whole(shuffle(part, seed));
        }

        @Override
        public int batchCount(int size, boolean mayBeSmaller) {
            return part.size();
        }

        @Override
        public Iterator<Batch> batches(int size, boolean mayBeSmaller) {
            return part.stream().map(TransferSet.this::read).iterator();
        }
    }

    private static <T> List<T> shuffle(List<T> elements, long seed) {
        var shuffled = new ArrayList<>(elements);
        Collections.shuffle(shuffled, new Random(seed));
        return shuffled;
    }

    private Batch read(StoredBatch batch) {
        try {
            return batch.read(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Batch gather(List<StoredBatch.Row> rows) {
        try {
            return StoredBatch.gather(file, rows);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
