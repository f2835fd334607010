package dev.millrace.gateway;

/** The gateway cannot do it now; trying again may help. */
final class UnavailableException extends RuntimeException {
    UnavailableException(String message, Throwable cause) {
        super(message + ": " + cause, cause);
    }
}
