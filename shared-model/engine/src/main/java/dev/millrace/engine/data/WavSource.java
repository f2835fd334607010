package dev.millrace.engine.data;

import dev.millrace.engine.Value;
import dev.millrace.engine.ValueSpec;
import dev.millrace.message.RefusedException;
import dev.millrace.onnx.DataType;
import dev.millrace.onnx.Dimension;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sound: one sample a file, channels averaged, cut into windows: {@code (N, window)} in −1..1. A rest shorter than a window
 * is filled up with zeros.
 *
 * <p>Reads RIFF WAVE with PCM of 8, 16, 24 or 32 bits and 32-bit floats.
 */
final class WavSource implements SampleSource {
    private static final int PCM = 1;
    private static final int FLOATS = 3;
    private static final int EXTENSIBLE = 0xfffe;

    private final FileList files;
    private final long rate;

    /** Samples of a row; 0 for the whole file. */
    private final int window;

    private final int hop;
    private final double seconds;

    WavSource(Path path, DataOptions options, List<ValueSpec> inputs) throws IOException {
        files = FileList.of(path, DataFormat.WAV);
        rate = options.whole("sampleRate", 1).orElse(0L);
        long fixed = inputs.stream()
                .filter(input -> input.type().isFloatingPoint() && input.rank() > 1)
                .mapToLong(WavSource::rowElements)
                .findFirst()
                .orElse(0);
        window = (int) (long) options.whole("window", 1).orElse(fixed);
        hop = (int) (long) options.whole("hop", 1).orElse((long) window);
        seconds = options.number("seconds", Double.POSITIVE_INFINITY);
    }

    private static long rowElements(ValueSpec input) {
        var row = input.dims().subList(1, input.rank());
        return row.stream().allMatch(Dimension::isFixed)
                ? row.stream().mapToLong(Dimension::size).reduce(1, (a, b) -> a * b)
                : 0;
    }

    @Override
    public @Nullable Sample read(long index) throws IOException {
        if (index >= files.files().size()) {
            return null;
        }
        var file = files.files().get((int) index);
        var wave = wave(file);
        int length = window == 0 ? wave.length : window;
        int rows = window == 0 || wave.length <= window ? 1 : 1 + (wave.length - window + hop - 1) / hop;
        var value = Value.zeros(DataType.FLOAT, rows, length);
        var floats = value.floats();
        for (int row = 0; row < rows; row++) {
            floats.put(row * length, wave, row * hop, Math.min(length, wave.length - row * hop));
        }
        int label = files.label(file);
        var labels = label < 0 ? null : Value.full(DataType.INT64, label, rows);
        return Sample.row("audio", value, labels, files.where(file));
    }

    private float[] wave(Path file) throws IOException {
        try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
            var head = Spool.read(channel, 0, Math.min(12, channel.size()));
            if (head.remaining() < 12 || head.getInt(0) != 0x46464952 || head.getInt(8) != 0x45564157) {
                throw malformed(file, "no RIFF WAVE header", "a WAV file");
            }
            ByteBuffer format = null;
            long at = 12;
            while (at + 8 <= channel.size()) {
                var chunk = Spool.read(channel, at, 8);
                long size = chunk.getInt(4) & 0xffffffffL;
                if (chunk.getInt(0) == 0x20746d66) {
                    format = Spool.read(channel, at + 8, Math.min(size, channel.size() - at - 8));
                } else if (chunk.getInt(0) == 0x61746164 && format != null && format.remaining() >= 16) {
                    return samples(file, format, channel, at + 8, Math.min(size, channel.size() - at - 8));
                }
                at += 8 + size + (size & 1);
            }
            throw malformed(file, "no format and data", "a WAV file");
        }
    }

    private float[] samples(Path file, ByteBuffer format, FileChannel channel, long offset, long size)
            throws IOException {
        int code = format.getShort(0) & 0xffff;
        int kind = code == EXTENSIBLE && format.remaining() >= 26 ? format.getShort(24) & 0xffff : code;
        int channels = format.getShort(2);
        long found = format.getInt(4) & 0xffffffffL;
        int bits = format.getShort(14);
        boolean known = (kind == PCM && List.of(8, 16, 24, 32).contains(bits)) || (kind == FLOATS && bits == 32);
        if (!known || channels < 1) {
            throw malformed(file, "encoding " + kind + " of " + bits + " bits", "PCM of 8 to 32 bits or 32-bit floats");
        }
        if (rate != 0 && rate != found) {
            throw new RefusedException(
                    "DATA_MISMATCH", files.where(file), found + " Hz", rate + " Hz (option 'sampleRate')");
        }
        int frame = channels * bits / 8;
        long frames = Math.min(size / frame, (long) Math.ceil(seconds * found));
        var bytes = Spool.read(channel, offset, frames * frame);
        var wave = new float[(int) frames];
        for (int i = 0; i < wave.length; i++) {
            float sum = 0;
            for (int c = 0; c < channels; c++) {
                sum += amplitude(bytes, i * frame + c * bits / 8, kind, bits);
            }
            wave[i] = sum / channels;
        }
        return wave;
    }

    private static float amplitude(ByteBuffer bytes, int at, int kind, int bits) {
        if (kind == FLOATS) {
            return bytes.getFloat(at);
        }
        return switch (bits) {
            case 8 -> ((bytes.get(at) & 0xff) - 128) / 128f;
            case 16 -> bytes.getShort(at) * 0x1p-15f;
            case 24 -> ((bytes.getShort(at + 1) << 8) | (bytes.get(at) & 0xff)) * 0x1p-23f;
            default -> bytes.getInt(at) * 0x1p-31f;
        };
    }

    private RefusedException malformed(Path file, String found, String allowed) {
        return new RefusedException("DATA_MALFORMED", files.where(file), found, allowed);
    }

    @Override
    public long count() {
        return files.files().size();
    }
}
