package dev.millrace.engine;

import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Native memory for values.
 *
 * <p>Only the garbage collector gives direct buffers back, and a heap that stays small as batches come and go hardly ever
 * makes it run: the JVM waits until they fill as much as the largest heap may. So the collector is called here when they fill
 * twice what was left the last time.
 */
final class DirectMemory {
    private static final long SMALLEST_LIMIT = 64L << 20;
    private static final int LONGEST_WAIT_MILLIS = 64;
    private static final BufferPoolMXBean BUFFERS =
            ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                    .filter(pool -> pool.getName().equals("direct"))
                    .findFirst()
                    .orElseThrow();

    private static volatile long limit = SMALLEST_LIMIT;

    private DirectMemory() {}

    /** Zeros, in the machine's byte order. */
    static ByteBuffer allocate(int bytes) {
        if (used() + bytes > limit) {
            collect();
        }
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }

    /** Bytes in direct buffers that are not given back yet. */
    static long used() {
        return BUFFERS.getMemoryUsed();
    }

    /** The buffers that the collector finds are freed on a thread of the JVM's, some time later. */
    private static synchronized void collect() {
        if (used() <= limit / 2) {
            return; // another thread has been here
        }
        System.gc();
        try {
            for (int millis = 1; used() > limit / 2 && millis <= LONGEST_WAIT_MILLIS; millis *= 2) {
                Thread.sleep(millis);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        limit = Math.max(SMALLEST_LIMIT, 2 * used());
    }
}
