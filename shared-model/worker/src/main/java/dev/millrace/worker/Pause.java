package dev.millrace.worker;

import java.util.concurrent.TimeUnit;

/** The wait before something that failed is tried again. */
final class Pause {
    private static final long MILLIS = 500;

    private Pause() {}

    /** Half a second, or less when the thread is told to stop. */
    static void briefly() {
        try {
            TimeUnit.MILLISECONDS.sleep(MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
