package dev.millrace.pack;

import dev.millrace.pack.coder.RangeDecoder;
import dev.millrace.pack.model.Session;
import dev.millrace.pack.planes.Planes;
import dev.millrace.pack.planes.PlanesDecoder;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The layout of a packed file; numbers are big-endian.
 *
 * <pre>
 * header   "MRPK", version (1 byte), files (2), each: path (2 bytes of length, UTF-8; none for the model), bytes (8); CRC-32C (4)
 * of each file
 *   blocks until it is whole, each: method (1), bytes of the file (3), bytes of the payload (3), payload, CRC-32C of all that (4)
 *   SHA-256 of the file (32)
 * </pre>
 */
final class Format {
    static final int MAGIC = 0x4d52504b;
    static final int VERSION = 1;

    /** Bytes of a file in a block at most, and of a payload, so that nobody needs more memory than a few of these. */
    static final int BLOCK_BYTES = 1 << 20;

    static final int MOST_FILES = 10_000;
    static final int LONGEST_PATH = 4096;
    static final String DIGEST = "SHA-256";
    static final int DIGEST_BYTES = 32;

    /** How the payload of a block is to be read, by number. */
    enum Method {
        /** The bytes themselves. */
        STORED(0),
        /** Deflate. */
        DEFLATED(1),
        /** Pieces, by a {@link Session} and a {@link RangeDecoder}. */
        MODELLED(2),
        /** Pieces, by {@link Planes} and {@link PlanesDecoder}. */
        PLANES(3);

        final int number;

        Method(int number) {
            this.number = number;
        }

        static Optional<Method> of(int number) {
            return Stream.of(values()).filter(each -> each.number == number).findFirst();
        }
    }

    private Format() {}
}
