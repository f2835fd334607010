package dev.millrace.pack.model;

import dev.millrace.pack.PackException;
import dev.millrace.pack.coder.Coder;

/** Codes the numbers that say how a piece is coded; what a decoder finds is checked. */
public final class Numbers {
    private final NumberModel model = new NumberModel();

    /** @throws PackException if a decoder finds a number outside */
    long code(Coder coder, long value, long least, long most, String what) throws PackException {
        long coded = least + model.code(coder, value - least);
        if (coded < least || coded > most) {
            throw new PackException("PACK_MALFORMED", what, Long.toString(coded), least + " to " + most);
        }
        return coded;
    }

    /** @throws PackException if a decoder finds a number outside */
    int code(Coder coder, int value, int least, int most, String what) throws PackException {
        return (int) code(coder, (long) value, least, most, what);
    }
}
