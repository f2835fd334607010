package dev.millrace.engine.data;

import dev.millrace.message.RefusedException;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A UTF-8 text file by line, blank lines left out. Remembers where every 64th line begins, as far as it has read. */
final class LineFile implements Closeable {
    /**
     * One line.
     *
     * @param number in the file, from 1
     */
    record Line(long number, String text) {}

    private static final int STRIDE = 64;
    private static final int LONGEST = 1 << 24;

    private final String name;
    private final FileChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocate(1 << 16).limit(0);

    /** Offset and number of the line at index {@code STRIDE · i}, in pairs. */
    private long[] marks = new long[64];

    private int marked;

    /** Position in the file of the buffer's end. */
    private long filled;

    private long index;
    private long number;

    LineFile(Path file) throws IOException {
        name = String.valueOf(file.getFileName());
        channel = Spool.open(file);
    }

    String name() {
        return name;
    }

    /** Line {@code wanted} of those that are not blank, from 0; null behind the last. */
    @Nullable
    Line line(long wanted) throws IOException {
        if (wanted < index || wanted / STRIDE > index / STRIDE) {
            int mark = (int) Math.min(wanted / STRIDE, marked - 1L);
            if (mark >= 0 && (wanted < index || (long) mark * STRIDE > index)) {
                seek(marks[2 * mark]);
                number = marks[2 * mark + 1];
                index = (long) mark * STRIDE;
            }
        }
        Line line;
        do {
            line = next();
        } while (line != null && index <= wanted);
        return line;
    }

    /** Number of lines that are not blank. */
    long count() throws IOException {
        while (line(index) != null) {
            // Reading on is what counts.
        }
        return index;
    }

    private @Nullable Line next() throws IOException {
        while (true) {
            long start = filled - buffer.remaining();
            long at = number;
            var text = read();
            if (text == null) {
                return null;
            }
            if (!text.isBlank()) {
                if (index % STRIDE == 0 && index / STRIDE == marked) {
                    mark(start, at);
                }
                index++;
                return new Line(number, text);
            }
        }
    }

    private void mark(long offset, long lineNumber) {
        if (2 * marked == marks.length) {
            marks = Arrays.copyOf(marks, 2 * marks.length);
        }
        marks[2 * marked] = offset;
        marks[2 * marked + 1] = lineNumber;
        marked++;
    }

    private void seek(long offset) throws IOException {
        channel.position(offset);
        filled = offset;
        buffer.limit(0);
    }

    /** The bytes up to the next line feed, decoded; null at the end of the file. */
    private @Nullable String read() throws IOException {
        var bytes = new ByteArrayOutputStream();
        boolean any = false;
        while (true) {
            if (!buffer.hasRemaining()) {
                buffer.clear();
                int got = channel.read(buffer);
                buffer.flip();
                if (got < 0) {
                    break;
                }
                filled += got;
            }
            any = true;
            byte next = buffer.get();
            if (next == '\n') {
                break;
            }
            bytes.write(next);
            if (bytes.size() > LONGEST) {
                throw malformed(number + 1, "a line of more than " + LONGEST + " bytes", "shorter lines");
            }
        }
        if (!any) {
            return null;
        }
        number++;
        try {
            var text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes.toByteArray()))
                    .toString();
            text = number == 1 && text.startsWith("\ufeff") ? text.substring(1) : text;
            return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
        } catch (CharacterCodingException e) {
            throw malformed(number, "bytes that are no UTF-8", "UTF-8 text");
        }
    }

    RefusedException malformed(long line, String found, String allowed) {
        return new RefusedException("DATA_MALFORMED", name + ", line " + line, found, allowed);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
