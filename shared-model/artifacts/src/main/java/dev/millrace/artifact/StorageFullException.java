package dev.millrace.artifact;

import java.io.IOException;

/** The disk or bucket behind the store is full. */
public final class StorageFullException extends IOException {
    public StorageFullException(String message, Throwable cause) {
        super(message, cause);
    }
}
