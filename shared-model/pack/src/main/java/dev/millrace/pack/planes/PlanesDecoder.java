package dev.millrace.pack.planes;

import dev.millrace.pack.PackException;
import java.util.Arrays;

/** Reads what {@link Planes} wrote. */
public final class PlanesDecoder {
    private final byte[] packed;
    private int at;

    public PlanesDecoder(byte[] packed) {
        this.packed = packed;
    }

    /**
     * Fills {@code raw}.
     *
     * @throws PackException if the pieces do not
     */
    public void decode(byte[] raw) throws PackException {
        for (int from = 0; from < raw.length; ) {
            int form = take(4);
            int length = Length24.get(packed, form + 1);
            int width = packed[form] & Planes.WIDTH;
            if (width == 0 || width > Long.BYTES || length % width != 0 || length < 1 || length > raw.length - from) {
                throw malformed(length + " bytes in elements of " + width, "whole elements within the block");
            }
            piece(raw, from, length, packed[form]);
            from += length;
        }
    }

    private void piece(byte[] raw, int from, int length, int form) throws PackException {
        int width = form & Planes.WIDTH;
        int count = length / width;
        int symbols = (form & Planes.WITH_CODEBOOK) == 0 ? 0 : 1 + (packed[take(1)] & 0xff);
        int codebook = take(symbols * width);
        boolean withGaps = (form & Planes.WITH_GAPS) != 0;
        var where = new int[count];
        int kept = withGaps ? places(stream(count + count / Planes.LONG_GAP + 1), where) : count;
        for (int i = 0; i < count && !withGaps; i++) {
            where[i] = i;
        }
        Arrays.fill(raw, from, from + length, (byte) 0);
        if (symbols > 0) {
            var ranks = plane(kept);
            for (int i = 0; i < kept; i++) {
                int rank = Math.min(symbols - 1, ranks[i] & 0xff);
                System.arraycopy(packed, codebook + rank * width, raw, from + where[i] * width, width);
            }
            return;
        }
        for (int part = 0; part < width; part++) {
            var plane = plane(kept);
            for (int i = 0; i < kept; i++) {
                raw[from + where[i] * width + part] = plane[i];
            }
        }
        for (int i = 0; (form & Planes.TURNED) != 0 && i < kept; i++) {
            turnBack(raw, from + where[i] * width, width);
        }
    }

    private byte[] plane(int length) throws PackException {
        var plane = stream(length);
        if (plane.length != length) {
            throw malformed(plane.length + " elements", Integer.toString(length));
        }
        return plane;
    }

    private static void turnBack(byte[] raw, int at, int width) {
        int sign = raw[at] & 1;
        for (int part = 0; part < width; part++) {
            int above = part + 1 < width ? raw[at + part + 1] & 1 : sign;
            raw[at + part] = (byte) ((raw[at + part] & 0xff) >>> 1 | above << 7);
        }
    }

    /** Indices of the elements that are not zero. */
    private static int places(byte[] gaps, int[] where) {
        int kept = 0;
        int index = 0;
        for (byte gap : gaps) {
            index += gap & 0xff;
            if ((gap & 0xff) < Planes.LONG_GAP && index < where.length) {
                where[kept++] = index++;
            }
        }
        return kept;
    }

    private byte[] stream(int most) throws PackException {
        int head = take(Planes.HEAD);
        int length = Length24.get(packed, head + 1);
        int payload = Length24.get(packed, head + 4);
        if (length > most) {
            throw malformed("a stream of " + length, "at most " + most);
        }
        int from = take(payload);
        if (packed[head] != 0) {
            var bytes = new byte[length];
            Deflate.unpack(packed, from, payload, bytes);
            return bytes;
        }
        if (payload != length) {
            throw malformed(payload + " bytes", Integer.toString(length));
        }
        return Arrays.copyOfRange(packed, from, from + length);
    }

    private int take(int bytes) throws PackException {
        if (bytes > packed.length - at) {
            throw malformed("the end of the block", bytes + " more bytes");
        }
        at += bytes;
        return at - bytes;
    }

    private static PackException malformed(String found, String allowed) {
        return new PackException("PACK_MALFORMED", "piece of a block", found, allowed);
    }
}
