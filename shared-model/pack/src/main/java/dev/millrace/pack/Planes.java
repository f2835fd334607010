package dev.millrace.pack;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.zip.Deflater;
import org.jspecify.annotations.Nullable;

/**
 * The fast coding: the elements of a tensor byte by byte, all first bytes together, all second ones and so on, each as
 * canonical Huffman codes (those of Deflate, which every JDK reads at native speed). Where most elements are zero, only the
 * others are written, and how many zeros lie before each.
 *
 * <p>A piece is its form (1 byte: bytes of an element, +16 with relative indices, +32 with signs moved behind the mantissa),
 * its bytes (3) and its streams, each: method (1), bytes (3), bytes of the payload (3), payload.
 */
final class Planes {
    private static final int WIDTH = 15;
    private static final int WITH_GAPS = 16;
    private static final int TURNED = 32;
    private static final int LONG_GAP = 255;
    private static final int HEAD = 7;

    private Planes() {}

    /** Codes the pieces of a block. */
    static byte[] encode(byte[] raw, List<Session.Piece> pieces, List<@Nullable Element> elements) {
        var out = new ByteArrayOutputStream();
        for (int i = 0; i < pieces.size(); i++) {
            var piece = pieces.get(i);
            encode(Arrays.copyOfRange(raw, piece.from(), piece.from() + piece.length()), elements.get(i), out);
        }
        return out.toByteArray();
    }

    private static void encode(byte[] raw, @Nullable Element element, ByteArrayOutputStream out) {
        int width = element == null ? 1 : Math.max(1, element.bits() / Byte.SIZE);
        boolean turned = element != null && element.exponentBits() == Byte.SIZE;
        int count = raw.length / width;
        int zeros = 0;
        for (int i = 0; i < count; i++) {
            zeros += isZero(raw, i, width) ? 1 : 0;
        }
        boolean gaps = element != null && 2 * zeros > count;
        var head = new byte[4];
        head[0] = (byte) (width | (gaps ? WITH_GAPS : 0) | (turned ? TURNED : 0));
        Format.put24(head, 1, raw.length);
        out.writeBytes(head);
        if (gaps) {
            stream(gaps(raw, width), out);
        }
        int kept = gaps ? count - zeros : count;
        var planes = new byte[width][kept];
        int next = 0;
        for (int i = 0; i < count; i++) {
            if (gaps && isZero(raw, i, width)) {
                continue;
            }
            for (int part = 0; part < width; part++) {
                planes[part][next] = part(raw, i * width, width, part, turned);
            }
            next++;
        }
        for (var plane : planes) {
            stream(plane, out);
        }
    }

    /** A byte of an element; turned, the sign is the lowest bit instead of the highest. */
    private static byte part(byte[] raw, int at, int width, int part, boolean turned) {
        int value = raw[at + part] & 0xff;
        int below = raw[at + (part == 0 ? width - 1 : part - 1)] & 0xff;
        return (byte) (turned ? value << 1 | below >>> 7 : value);
    }

    private static boolean isZero(byte[] raw, int index, int width) {
        for (int part = 0; part < width; part++) {
            if (raw[index * width + part] != 0) {
                return false;
            }
        }
        return true;
    }

    private static byte[] gaps(byte[] raw, int width) {
        var gaps = new ByteArrayOutputStream();
        int gap = 0;
        for (int i = 0; i < raw.length / width; i++) {
            if (!isZero(raw, i, width)) {
                gaps.write(gap);
                gap = 0;
            } else if (++gap == LONG_GAP) {
                gaps.write(LONG_GAP);
                gap = 0;
            }
        }
        gaps.write(gap);
        return gaps.toByteArray();
    }

    private static void stream(byte[] bytes, ByteArrayOutputStream out) {
        var codes = Deflate.packed(bytes, bytes.length, Deflater.HUFFMAN_ONLY);
        boolean worth = codes.length < bytes.length;
        var payload = worth ? codes : bytes;
        var head = new byte[HEAD];
        head[0] = (byte) (worth ? 1 : 0);
        Format.put24(head, 1, bytes.length);
        Format.put24(head, 4, payload.length);
        out.writeBytes(head);
        out.writeBytes(payload);
    }

    /** Reads pieces. */
    static final class Decoder {
        private final byte[] packed;
        private int at;

        Decoder(byte[] packed) {
            this.packed = packed;
        }

        /**
         * Fills {@code raw}.
         *
         * @throws PackException if the pieces do not
         */
        void decode(byte[] raw) throws PackException {
            for (int from = 0; from < raw.length; ) {
                int form = take(4);
                int length = Format.get24(packed, form + 1);
                int width = packed[form] & WIDTH;
                if (width == 0
                        || width > Long.BYTES
                        || length % width != 0
                        || length < 1
                        || length > raw.length - from) {
                    throw malformed(length + " bytes in elements of " + width, "whole elements within the block");
                }
                boolean gaps = (packed[form] & WITH_GAPS) != 0;
                piece(raw, from, length, width, gaps, (packed[form] & TURNED) != 0);
                from += length;
            }
        }

        private void piece(byte[] raw, int from, int length, int width, boolean withGaps, boolean turned)
                throws PackException {
            int count = length / width;
            var where = new int[count];
            int kept = withGaps ? places(stream(count + count / LONG_GAP + 1), where) : count;
            for (int i = 0; i < count && !withGaps; i++) {
                where[i] = i;
            }
            Arrays.fill(raw, from, from + length, (byte) 0);
            for (int part = 0; part < width; part++) {
                var plane = stream(kept);
                if (plane.length != kept) {
                    throw malformed(plane.length + " elements", Integer.toString(kept));
                }
                for (int i = 0; i < kept; i++) {
                    raw[from + where[i] * width + part] = plane[i];
                }
            }
            for (int i = 0; turned && i < kept; i++) {
                turnBack(raw, from + where[i] * width, width);
            }
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
                if ((gap & 0xff) < LONG_GAP && index < where.length) {
                    where[kept++] = index++;
                }
            }
            return kept;
        }

        private byte[] stream(int most) throws PackException {
            int head = take(HEAD);
            int length = Format.get24(packed, head + 1);
            int payload = Format.get24(packed, head + 4);
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
}
