package dev.millrace.pack;

import java.io.IOException;

/** A file that cannot be packed or unpacked. It says where, what was found there, and what is allowed. */
public final class PackException extends IOException {
    private final String code;
    private final String where;
    private final String found;
    private final String allowed;

    public PackException(String code, String where, String found, String allowed) {
        super(code + " " + where + ": " + found + "; allowed: " + allowed);
        this.code = code;
        this.where = where;
        this.found = found;
        this.allowed = allowed;
    }

    /** A stable name of the problem. */
    public String code() {
        return code;
    }

    public String where() {
        return where;
    }

    public String found() {
        return found;
    }

    public String allowed() {
        return allowed;
    }
}
