package dev.millrace.pack.model;

import dev.millrace.pack.PackException;
import dev.millrace.pack.coder.Coder;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What one direction of a coding has learned from the blocks so far: the models of bytes and of the tensor at work. The other
 * direction learns the same, as both see the same blocks in the same order.
 */
public final class Session {
    /** Gives a decoder what it has decoded before; an encoder has it. */
    @FunctionalInterface
    public interface Past {
        /** Copies bytes that lie so far before their target. */
        void copy(long distance, byte[] raw, int from, int length) throws IOException;
    }

    private final Past past;
    private Numbers numbers = new Numbers();
    private @Nullable BytesModel bytes;
    private @Nullable PieceModel current;

    public Session(Past past) {
        this.past = past;
    }

    /**
     * A piece of a block.
     *
     * @param plan null if it continues that of the last piece
     */
    public record Piece(@Nullable Plan plan, int from, int length) {}

    /** Forgets, as the other direction cannot see what a block that is coded otherwise has taught. */
    public void reset() {
        numbers = new Numbers();
        bytes = null;
        current = null;
    }

    /**
     * Codes a piece, which fills {@code raw} from somewhere on.
     *
     * @param piece null to decode
     * @return bytes of the piece
     * @throws PackException if a decoder finds what no encoder wrote
     */
    public int code(Coder coder, byte[] raw, int from, @Nullable Piece piece) throws IOException {
        int continues = piece != null && piece.plan == null ? 1 : 0;
        PieceModel model = numbers.code(coder, continues, 0, 1, "continuation") != 0
                ? continued()
                : model(Plan.code(coder, numbers, piece == null ? null : piece.plan));
        int length = numbers.code(coder, piece == null ? 0 : piece.length, 1, raw.length - from, "bytes of a piece");
        model.code(coder, raw, from, length);
        return length;
    }

    private PieceModel continued() throws PackException {
        if (current == null) {
            throw new PackException("PACK_MALFORMED", "continuation", "nothing to continue", "a piece before it");
        }
        return current;
    }

    private PieceModel model(Plan plan) {
        PieceModel model;
        if (plan instanceof Plan.Bytes part) {
            model = text(part.recordBytes());
        } else if (plan instanceof Plan.Repeat repeat) {
            model = (coder, raw, from, length) -> past.copy(repeat.distance(), raw, from, length);
        } else {
            model = PieceModel.of(plan);
        }
        current = model;
        return model;
    }

    /** All text of a file is one to learn from. */
    private PieceModel text(int recordBytes) {
        var model = bytes == null ? new BytesModel() : bytes;
        bytes = model;
        model.begin(recordBytes);
        return model;
    }
}
