package dev.millrace.pack.model;

import dev.millrace.pack.coder.Coder;
import java.io.IOException;

/** Codes pieces of one part of a file, one after the other. */
public interface PieceModel {
    /**
     * Codes bytes: reads them from {@code raw} to encode, writes them there to decode.
     *
     * @param length in bytes
     */
    void code(Coder coder, byte[] raw, int from, int length) throws IOException;

    /** That of a tensor, which has seen nothing. */
    static PieceModel of(Plan plan) {
        return plan instanceof Plan.Codebook book ? new CodebookModel(book) : new FloatModel((Plan.Floats) plan);
    }
}
