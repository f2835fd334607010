package dev.millrace.pack.planes;

import dev.millrace.pack.PackException;
import java.io.ByteArrayOutputStream;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/** Deflate without a header. */
public final class Deflate {
    private static final int BUFFER = 1 << 13;

    private Deflate() {}

    /**
     * Packs bytes.
     *
     * @param strategy {@link Deflater#HUFFMAN_ONLY} for canonical Huffman codes alone
     */
    public static byte[] packed(byte[] bytes, int length, int strategy) {
        var deflater = new Deflater(Deflater.BEST_COMPRESSION, true);
        try {
            deflater.setStrategy(strategy);
            deflater.setInput(bytes, 0, length);
            deflater.finish();
            var out = new ByteArrayOutputStream();
            var buffer = new byte[BUFFER];
            while (!deflater.finished()) {
                out.write(buffer, 0, deflater.deflate(buffer));
            }
            return out.toByteArray();
        } finally {
            deflater.end();
        }
    }

    /**
     * Fills {@code target} from packed bytes.
     *
     * @throws PackException if they are more, fewer or none
     */
    public static void unpack(byte[] packed, int from, int length, byte[] target) throws PackException {
        var inflater = new Inflater(true);
        try {
            inflater.setInput(packed, from, length);
            int done = 0;
            while (done < target.length) {
                int count = inflater.inflate(target, done, target.length - done);
                if (count == 0) {
                    throw malformed(done + " bytes", target.length + " bytes");
                }
                done += count;
            }
        } catch (DataFormatException e) {
            throw malformed("no deflated bytes: " + e.getMessage(), "deflated bytes");
        } finally {
            inflater.end();
        }
    }

    private static PackException malformed(String found, String allowed) {
        return new PackException("PACK_MALFORMED", "deflated block", found, allowed);
    }
}
