package dev.millrace.engine.data;

import java.io.Closeable;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Samples by number. Reading in order is cheap; so is reading in any order, once {@link #count} has been asked. */
interface SampleSource extends Closeable {
    /** Sample {@code index}, null behind the last one. */
    @Nullable
    Sample read(long index) throws IOException;

    /** Number of samples; may have to read the whole file. */
    long count() throws IOException;

    @Override
    default void close() throws IOException {}
}
