package dev.millrace.standalone.cli;

/** What the process tells the shell. */
final class ExitStatus {
    /** Done, and the objective was met. */
    static final int DONE = 0;
    /** The work could not be finished though the input was fine; or it was cancelled. */
    static final int FAILED = 1;
    /** The input was refused, or the command line is wrong. */
    static final int REFUSED = 2;
    /** Done, but the objective was not met; the best model so far was written. */
    static final int OBJECTIVE_NOT_MET = 3;

    /** The user stopped it, by Ctrl-C. */
    static final int INTERRUPTED = 130;

    private ExitStatus() {}
}
