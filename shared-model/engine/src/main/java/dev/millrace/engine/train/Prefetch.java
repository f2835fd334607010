package dev.millrace.engine.train;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/** Reads ahead on a thread of its own, a few elements at most. */
final class Prefetch<T> implements Iterator<T>, AutoCloseable {
    private static final int AHEAD = 4;

    /** An element, the end, or why there is none. */
    private record Item<T>(@Nullable T element, @Nullable Throwable failure) {}

    private final BlockingQueue<Item<T>> queue = new ArrayBlockingQueue<>(AHEAD);
    private final Thread reader;
    private @Nullable Item<T> next;
    private volatile boolean closed;

    Prefetch(Iterable<T> source) {
        reader = new Thread(() -> read(source), "training-data");
        reader.setDaemon(true);
        reader.start();
    }

    private void read(Iterable<T> source) {
        try {
            Item<T> last;
            try {
                var elements = source.iterator();
                while (!closed && elements.hasNext()) {
                    queue.put(new Item<>(elements.next(), null));
                }
                last = new Item<>(null, null);
            } catch (RuntimeException | Error e) { // told to the thread that asks
                last = new Item<>(null, e);
            }
            queue.put(last);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // nobody here interrupts: whoever does wants this thread to end
        }
    }

    @Override
    public boolean hasNext() {
        var item = next;
        if (item == null) {
            try {
                item = queue.take();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while waiting for data", e);
            }
            next = item;
        }
        if (item.failure instanceof Error error) {
            throw error;
        }
        if (item.failure instanceof RuntimeException failure) {
            throw failure;
        }
        return item.element != null;
    }

    @Override
    public T next() {
        if (!hasNext() || next == null || next.element == null) {
            throw new NoSuchElementException();
        }
        var element = next.element;
        next = null;
        return element;
    }

    /** Waits for the element being read. The reader is not interrupted, because that closes the channel it reads from. */
    @Override
    public void close() {
        closed = true;
        queue.clear();
        try {
            reader.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
