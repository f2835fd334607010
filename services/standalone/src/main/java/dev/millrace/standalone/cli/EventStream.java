package dev.millrace.standalone.cli;

import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * The lines of server-sent events as events (<a href="https://html.spec.whatwg.org/multipage/server-sent-events.html">HTML
 * standard, 9.2</a>); comments are left out.
 */
final class EventStream {
    private final Iterator<String> lines;

    EventStream(Iterator<String> lines) {
        this.lines = lines;
    }

    /** One event; a carrier, not to be compared. */
    @SuppressWarnings("ArrayRecordComponent")
    record Event(String name, @Nullable String id, byte[] data) {}

    /** The next complete event; null at the end. */
    @Nullable
    Event next() {
        String name = "";
        String id = null;
        var data = new StringBuilder();
        while (lines.hasNext()) {
            String line = lines.next();
            if (line.isEmpty() && !data.isEmpty()) {
                return new Event(name, id, data.toString().getBytes(StandardCharsets.UTF_8));
            }
            int colon = line.indexOf(':');
            String field = colon < 0 ? line : line.substring(0, colon);
            String value = colon < 0 ? "" : line.substring(colon + 1).replaceFirst("^ ", "");
            switch (field) {
                case "event" -> name = value;
                case "id" -> id = value;
                case "data" -> data.append(data.isEmpty() ? "" : "\n").append(value);
                default -> {} // a comment, or a field that the standard tells us to ignore
            }
        }
        return null;
    }
}
