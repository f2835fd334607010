package dev.millrace.message;

/**
 * What went wrong, in words that help.
 *
 * @param code stable, for programs: {@code UNKNOWN_TECHNIQUE}, {@code BAD_OPTION}, {@code STORAGE_FULL} …
 * @param where file, node, option or line
 * @param found what stands there
 * @param allowed what may stand there
 */
public record Problem(String code, String where, String found, String allowed) {
    /** {@code where: found (allowed)} on one line. */
    public String message() {
        return where + ": " + found + (allowed.isEmpty() ? "" : " (" + allowed + ")");
    }
}
