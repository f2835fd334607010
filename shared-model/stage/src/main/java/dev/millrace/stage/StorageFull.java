package dev.millrace.stage;

import java.io.IOException;
import java.util.Locale;

/** Recognises that a disk has no room left. */
public final class StorageFull {
    /** Code of the failure. */
    public static final String CODE = "STORAGE_FULL";

    private StorageFull() {}

    /** Whether the exception, or one that caused it, says so; Java has no class for it. */
    public static boolean says(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof IOException && text(cause).contains("no space left")) {
                return true;
            }
        }
        return false;
    }

    private static String text(Throwable e) {
        return String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
    }
}
