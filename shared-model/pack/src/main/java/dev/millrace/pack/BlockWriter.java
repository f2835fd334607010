package dev.millrace.pack;

import dev.millrace.pack.coder.RangeEncoder;
import dev.millrace.pack.model.Element;
import dev.millrace.pack.model.Plan;
import dev.millrace.pack.model.Session;
import dev.millrace.pack.planes.Deflate;
import dev.millrace.pack.planes.Length24;
import dev.millrace.pack.planes.Planes;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import java.util.zip.Deflater;
import org.jspecify.annotations.Nullable;

/** Gathers the pieces of a file in blocks, and writes each block in its shortest form. */
final class BlockWriter {
    /** Head and CRC-32C. */
    static final int HEAD_BYTES = 7;

    private final DataOutputStream out;
    private final Coding coding;
    private final Session session = new Session((distance, bytes, from, length) -> {});
    private final byte[] raw = new byte[Format.BLOCK_BYTES];
    private final List<Session.Piece> pieces = new ArrayList<>();
    private final List<@Nullable Element> elements = new ArrayList<>();
    private int filled;
    private Plan plan = new Plan.Bytes(1);
    private boolean continued;

    BlockWriter(DataOutputStream out, Coding coding) {
        this.out = out;
        this.coding = coding;
    }

    /** Begins a part of the file; the bytes until the next part are its own. */
    void begin(Plan of) {
        plan = of;
        continued = false;
    }

    /** Where the next bytes are to be put, at most {@link #space}. */
    byte[] buffer() {
        return raw;
    }

    int filled() {
        return filled;
    }

    /** Bytes that still fit into the block; a multiple of eight in a part that goes on. */
    int space() {
        return raw.length - filled;
    }

    /** Says that so many bytes of the part stand in the buffer. */
    void add(int length, @Nullable Element element) {
        pieces.add(new Session.Piece(continued ? null : plan, filled, length));
        elements.add(element);
        continued = true;
        filled += length;
    }

    /** Writes what there is. */
    void flush() throws IOException {
        if (filled == 0) {
            return;
        }
        var payload = coding == Coding.MODELLED ? modelled() : Planes.encode(raw, pieces, elements);
        var method = coding == Coding.MODELLED ? Format.Method.MODELLED : Format.Method.PLANES;
        if (payload.length >= filled || elements.stream().noneMatch(element -> element != null)) {
            var deflated = Deflate.packed(raw, filled, Deflater.DEFAULT_STRATEGY);
            if (deflated.length < payload.length) {
                payload = deflated;
                method = Format.Method.DEFLATED;
            }
        }
        if (payload.length >= filled) {
            payload = Arrays.copyOf(raw, filled);
            method = Format.Method.STORED;
        }
        if (method != Format.Method.MODELLED) {
            session.reset();
            continued = false;
        }
        write(method, payload);
        pieces.clear();
        elements.clear();
        filled = 0;
    }

    private byte[] modelled() throws IOException {
        var encoder = new RangeEncoder();
        for (var piece : pieces) {
            session.code(encoder, raw, piece.from(), piece);
        }
        return encoder.finish();
    }

    private void write(Format.Method method, byte[] payload) throws IOException {
        var head = new byte[HEAD_BYTES];
        head[0] = (byte) method.number;
        Length24.put(head, 1, filled);
        Length24.put(head, 4, payload.length);
        var crc = new CRC32C();
        crc.update(head);
        crc.update(payload);
        out.write(head);
        out.write(payload);
        out.writeInt((int) crc.getValue());
    }
}
