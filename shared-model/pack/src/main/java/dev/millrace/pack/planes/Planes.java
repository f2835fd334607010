package dev.millrace.pack.planes;

import dev.millrace.pack.model.Element;
import dev.millrace.pack.model.Session;
import dev.millrace.pack.plan.Values;
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
 * <p>Few different elements are written once, and for each its place among them. A piece is its form (1 byte: bytes of an
 * element, +16 with relative indices, +32 with signs moved behind the mantissa, +64 with a codebook), its bytes (3), the
 * codebook (its last place, 1 byte; its elements) and the streams, each: method (1), bytes (3), bytes of the payload (3), payload.
 */
public final class Planes {
    static final int WIDTH = 15;
    static final int WITH_GAPS = 16;
    static final int TURNED = 32;
    static final int WITH_CODEBOOK = 64;
    private static final int MOST_SYMBOLS = 256;
    static final int LONG_GAP = 255;
    static final int HEAD = 7;

    private Planes() {}

    /** Codes the pieces of a block. */
    public static byte[] encode(byte[] raw, List<Session.Piece> pieces, List<@Nullable Element> elements) {
        var out = new ByteArrayOutputStream();
        for (int i = 0; i < pieces.size(); i++) {
            var piece = pieces.get(i);
            encode(Arrays.copyOfRange(raw, piece.from(), piece.from() + piece.length()), elements.get(i), out);
        }
        return out.toByteArray();
    }

    private static void encode(byte[] raw, @Nullable Element element, ByteArrayOutputStream out) {
        boolean isTensor = element != null;
        var known = element == null ? Element.BYTE : element;
        int width = Math.max(1, known.bits() / Byte.SIZE);
        boolean turned = known.exponentBits() == Byte.SIZE;
        int count = raw.length / width;
        int zeros = 0;
        for (int i = 0; i < count; i++) {
            zeros += isZero(raw, i, width) ? 1 : 0;
        }
        boolean gaps = isTensor && 2 * zeros > count;
        var keys = width == 1 ? new long[0] : codebook(raw, known);
        var head = new byte[4];
        int codes = keys.length > 0 ? WITH_CODEBOOK : turned ? TURNED : 0;
        head[0] = (byte) (width | (gaps ? WITH_GAPS : 0) | codes);
        Length24.put(head, 1, raw.length);
        out.writeBytes(head);
        if (keys.length > 0) {
            write(keys, known, width, out);
        }
        if (gaps) {
            stream(gaps(raw, width), out);
        }
        int kept = gaps ? count - zeros : count;
        var planes = new byte[keys.length > 0 ? 1 : width][kept];
        int next = 0;
        for (int i = 0; i < count; i++) {
            if (gaps && isZero(raw, i, width)) {
                continue;
            }
            if (keys.length > 0) {
                planes[0][next] = (byte) Arrays.binarySearch(keys, known.key(known.get(raw, 0, i)));
            } else {
                for (int part = 0; part < width; part++) {
                    planes[part][next] = part(raw, i * width, width, part, turned);
                }
            }
            next++;
        }
        for (var plane : planes) {
            stream(plane, out);
        }
    }

    /** The different elements, ascending, if there are few; else none. */
    private static long[] codebook(byte[] raw, Element element) {
        var values = new Values(element);
        values.add(raw, raw.length);
        return values.different() <= MOST_SYMBOLS && values.different() * 8 < element.in(raw.length)
                ? values.keys()
                : new long[0];
    }

    private static void write(long[] keys, Element element, int width, ByteArrayOutputStream out) {
        var codebook = new byte[1 + keys.length * width];
        codebook[0] = (byte) (keys.length - 1);
        for (int i = 0; i < keys.length; i++) {
            element.set(codebook, 1, i, element.ofKey(keys[i]));
        }
        out.writeBytes(codebook);
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
        Length24.put(head, 1, bytes.length);
        Length24.put(head, 4, payload.length);
        out.writeBytes(head);
        out.writeBytes(payload);
    }
}
