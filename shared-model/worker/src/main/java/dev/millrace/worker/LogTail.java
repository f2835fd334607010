package dev.millrace.worker;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jboss.logging.Logger;

/** Standard error of a child: every line goes to the log, the last ones are kept for whoever asks why it died. */
final class LogTail {
    private static final Logger LOG = Logger.getLogger(LogTail.class);
    private static final int LINES = 50;
    private static final int LONGEST = 500;

    private final Deque<String> lines = new ArrayDeque<>(LINES);
    private final Thread pump;

    private LogTail(Process process) {
        pump = new Thread(() -> pump(process), "child-" + process.pid() + "-log");
        pump.setDaemon(true);
    }

    static LogTail of(Process process) {
        var tail = new LogTail(process);
        tail.pump.start();
        return tail;
    }

    private void pump(Process process) {
        try (var errors = process.errorReader(StandardCharsets.UTF_8)) {
            for (var line = errors.readLine(); line != null; line = errors.readLine()) {
                LOG.debugf("child %d: %s", process.pid(), line);
                add(line);
            }
        } catch (IOException e) {
            LOG.debugf(e, "child %d: standard error closed", process.pid());
        }
    }

    void add(String line) {
        synchronized (lines) {
            if (lines.size() == LINES) {
                lines.removeFirst();
            }
            lines.addLast(line.length() <= LONGEST ? line : line.substring(0, LONGEST) + "…");
        }
    }

    List<String> lines() {
        synchronized (lines) {
            return List.copyOf(lines);
        }
    }

    /** Waits for what a child that has ended wrote last. */
    void awaitEnd(Duration limit) {
        try {
            pump.join(limit.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
