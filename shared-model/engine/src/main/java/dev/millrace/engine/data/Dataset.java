package dev.millrace.engine.data;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.ValueSpec;
import dev.millrace.message.RefusedException;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Data for a model: files of any size, read lazily, as batches that fit the model's inputs.
 *
 * <p>The formats, found by file name or named by {@code format}:
 *
 * <table>
 * <caption>Formats</caption>
 * <tr><th>format</th><th>path</th><th>gives</th></tr>
 * <tr><td>{@code idx}</td><td>{@code *-images-idx3-ubyte}, {@code .gz} too; labels beside it</td><td>{@code (N, 1, H, W)},
 * scaled to 0..1</td></tr>
 * <tr><td>{@code npy}</td><td>a {@code .npy} file, or a folder with one for each input and {@code labels.npy}</td><td>as
 * stored, first axis rows</td></tr>
 * <tr><td>{@code npz}</td><td>arrays by input name and {@code label}, first axis rows; or {@code NNN/input} and {@code
 * NNN/label}, each {@code NNN} one whole feed</td><td>as stored</td></tr>
 * <tr><td>{@code images}</td><td>a picture, or a folder of them; sub-folders in name order are the classes</td><td>{@code
 * (N, C, H, W)} or {@code (N, H, W, C)}, scaled to 0..1</td></tr>
 * <tr><td>{@code csv}</td><td>numbers, one sample a line, with or without header</td><td>{@code (N, D)}</td></tr>
 * <tr><td>{@code jsonl}</td><td>one object a line with a text, or two, and perhaps a label or score</td><td>tokens</td></tr>
 * <tr><td>{@code text}</td><td>one text a line; a tab parts two texts, or text and score</td><td>tokens</td></tr>
 * <tr><td>{@code wav}</td><td>a WAV file or a folder of them; sub-folders are classes</td><td>{@code (N, window)} in
 * −1..1</td></tr>
 * <tr><td>{@code onnx}</td><td>{@code input_0.pb} … and {@code output_0.pb} …, or folders of such</td><td>whole feeds and
 * expected outputs</td></tr>
 * </table>
 *
 * <table>
 * <caption>Options</caption>
 * <tr><th>option</th><th>formats</th><th>meaning</th></tr>
 * <tr><td>{@code limit}, {@code subsetSize}</td><td>all</td><td>use so many samples at most</td></tr>
 * <tr><td>{@code shuffle}, {@code seed}</td><td>all</td><td>another order, the same for the same seed (0)</td></tr>
 * <tr><td>{@code input}</td><td>all</td><td>the model input that the data is for, where names and shapes do not say</td></tr>
 * <tr><td>{@code fill.NAME}</td><td>all</td><td>an input that the data does not have: this number everywhere</td></tr>
 * <tr><td>{@code scale}, {@code mean}, {@code std}</td><td>idx, npy, npz, images, csv</td><td>{@code (x · scale − mean) /
 * std}; mean and std one number or one per channel. Scale is 1/255 for idx and images that feed floats, else 1</td></tr>
 * <tr><td>{@code resize}</td><td>images</td><td>{@code n}: shorter side; {@code "h;w"}: both. Default: what the model's input
 * fixes</td></tr>
 * <tr><td>{@code crop}</td><td>images</td><td>{@code n} or {@code "h;w"} out of the middle, after resizing</td></tr>
 * <tr><td>{@code channelOrder}</td><td>images</td><td>{@code rgb}, {@code bgr}, {@code gray}. Default: gray where the model
 * has one channel, else rgb</td></tr>
 * <tr><td>{@code layout}</td><td>images</td><td>{@code nchw} or {@code nhwc}. Default: by the model's input</td></tr>
 * <tr><td>{@code labels}</td><td>idx, npy</td><td>the file with labels. Default: the one that the naming suggests</td></tr>
 * <tr><td>{@code labels, alphabet, firstClass}</td><td>images</td><td>for CTC: a file of lines {@code path<TAB>text}, a file with
 * one character a line in the order of the classes, and the class of the first one. Default: 1, behind the blank</td></tr>
 * <tr><td>{@code label}</td><td>npz, csv, jsonl</td><td>array, column (name or number) or key of the label. Default: {@code
 * label}, {@code labels}, {@code class}, {@code target}, {@code y}, {@code score}; {@code none} for none</td></tr>
 * <tr><td>{@code header}, {@code separator}</td><td>csv</td><td>whether the first line names the columns (found out); the
 * character between columns (found out)</td></tr>
 * <tr><td>{@code tokenizer}, {@code maxLength}</td><td>jsonl, text</td><td>path of {@code tokenizer.json}; longest sequence
 * in tokens (128)</td></tr>
 * <tr><td>{@code text}, {@code text2}, {@code pair}</td><td>jsonl, text</td><td>keys of the texts; {@code joined}: two texts
 * are one sequence with a separator, {@code separate} (default): two rows, to be compared</td></tr>
 * <tr><td>{@code sampleRate}, {@code window}, {@code hop}, {@code seconds}</td><td>wav</td><td>the rate that files must have;
 * samples of a row (default: what the model's input fixes); step between rows (window); read so many seconds of a file at
 * most</td></tr>
 * </table>
 */
public final class Dataset implements Closeable {
    private final SampleSource source;
    private final FeedMapping mapping;
    private final long limit;
    private final LongUnaryOperator order;

    private Dataset(SampleSource source, FeedMapping mapping, long limit, LongUnaryOperator order) {
        this.source = source;
        this.mapping = mapping;
        this.limit = limit;
        this.order = order;
    }

    /**
     * Opens data for a model.
     *
     * @param format absent means by file name
     * @param options see above
     * @param inputs what the model takes
     * @throws RefusedException {@code DATA_MISSING} if there is no such file, {@code UNKNOWN_FORMAT}, {@code
     *     UNKNOWN_OPTION}, {@code INVALID_OPTION}, {@code DATA_MALFORMED} if the file is not of its format
     */
    public static Dataset open(
            Path path, @Nullable String format, Map<String, JsonNode> options, List<ValueSpec> inputs)
            throws IOException {
        if (!Files.exists(path)) {
            throw new RefusedException("DATA_MISSING", path.toString(), "no such file", "a file or folder with data");
        }
        var found = DataFormat.of(path, format);
        var given = new DataOptions(String.valueOf(path.getFileName()), options);
        long limit =
                given.whole("limit", 1).or(() -> given.whole("subsetSize", 1)).orElse(Long.MAX_VALUE);
        boolean shuffle = given.flag("shuffle", false);
        long seed = given.whole("seed", Long.MIN_VALUE).orElse(0L);
        var mapping = new FeedMapping(
                inputs, given.numbersUnder("fill"), given.text("input").orElse(null));
        var source = found.open(path, given, inputs);
        try {
            given.refuseUnknown(found.title());
            LongUnaryOperator order = shuffle ? new Shuffle(source.count(), seed)::at : index -> index;
            return new Dataset(source, mapping, shuffle ? Math.min(limit, source.count()) : limit, order);
        } catch (IOException | RuntimeException e) {
            source.close();
            throw e;
        }
    }

    /**
     * Reads the data from its beginning.
     *
     * @param rows rows of a batch at most; a model of fixed batch size gets that, whole feeds stay as they are
     * @return batches in order; iterating throws {@link RefusedException} ({@code DATA_MISMATCH}, {@code DATA_MALFORMED})
     *     or {@link java.io.UncheckedIOException}
     */
    public Iterable<Batch> batches(int rows) {
        return () -> iterator(rows);
    }

    /**
     * Reads the data from its beginning in another order, the same for the same seed. Whether {@code limit} cuts anything is
     * decided before: it is the same samples in every order.
     *
     * @param rows as {@link #batches}
     */
    public Iterable<Batch> shuffled(int rows, long seed) {
        return () -> {
            try {
                long count = samples();
                var shuffle = new Shuffle(count, seed);
                return iterator(rows, count, index -> order.applyAsLong(shuffle.at(index)));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };
    }

    /**
     * Reads the data with texts of about the same length side by side, so that batches hold little padding: in another order,
     * always the same, and of so many samples the shorter ones first. Data whose rows have one shape comes as {@link #batches}
     * has it.
     *
     * @param rows as {@link #batches}
     * @param window samples that are ordered among themselves
     */
    public Iterable<Batch> batchesByLength(int rows, int window) {
        return () -> {
            try {
                if (!LengthWindows.suit(source.read(order.applyAsLong(0)))) {
                    return iterator(rows);
                }
                long count = samples();
                var shuffle = new Shuffle(count, 0);
                Batches.Samples shuffled =
                        index -> index < count ? source.read(order.applyAsLong(shuffle.at(index))) : null;
                return new Batches(new LengthWindows(shuffled, window), mapping, rows);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };
    }

    private Iterator<Batch> iterator(int rows) {
        return iterator(rows, limit, order);
    }

    private Iterator<Batch> iterator(int rows, long count, LongUnaryOperator sequence) {
        return new Batches(index -> index < count ? source.read(sequence.applyAsLong(index)) : null, mapping, rows);
    }

    /** Number of samples, after {@code limit}; may have to read through the file. */
    public long samples() throws IOException {
        return Math.min(limit, source.count());
    }

    @Override
    public void close() throws IOException {
        source.close();
    }
}
