package dev.millrace.standalone.cli;

import java.io.IOException;

/** What to do when the user stops the command, by Ctrl-C or SIGTERM, before this is closed. */
final class Interruption implements AutoCloseable {
    /** The last things that the command does; the process ends when they have returned. */
    @FunctionalInterface
    interface LastWork {
        void run() throws IOException, InterruptedException;
    }

    private final Thread hook;

    private Interruption(Thread hook) {
        this.hook = hook;
    }

    static Interruption on(LastWork work) {
        var hook = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException | InterruptedException e) {
                        System.err.println("millrace: " + e.getMessage());
                    }
                },
                "interruption");
        Runtime.getRuntime().addShutdownHook(hook);
        return new Interruption(hook);
    }

    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            return; // the command is being stopped
        }
    }
}
