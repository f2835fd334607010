package dev.millrace.stage;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.millrace.message.Json;
import java.io.BufferedReader;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * JSON lines between a worker and its child JVM. One reader; any number of writers.
 *
 * @param <I> what is read
 * @param <O> what is written
 */
public final class Channel<I, O> implements Closeable {
    private final BufferedReader in;
    private final OutputStream out;
    private final Class<I> incoming;

    public Channel(InputStream in, OutputStream out, Class<I> incoming) {
        this.in = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
        this.out = out;
        this.incoming = incoming;
    }

    /** The next message; null when the other side is gone. */
    public @Nullable I read() throws IOException {
        var line = in.readLine();
        if (line == null) {
            return null;
        }
        try {
            return Json.mapper().readValue(line, incoming);
        } catch (JsonProcessingException e) {
            throw new IOException("not a message of the protocol: " + line, e);
        }
    }

    /** @throws EOFException if the other side is gone */
    public void write(O message) throws IOException {
        var line = (Json.mapper().writeValueAsString(message) + "\n").getBytes(StandardCharsets.UTF_8);
        synchronized (out) {
            out.write(line);
            out.flush();
        }
    }

    @Override
    public void close() throws IOException {
        out.close();
        in.close();
    }
}
