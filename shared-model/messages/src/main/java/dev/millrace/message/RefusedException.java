package dev.millrace.message;

/** The input cannot be worked on, and trying again will not help. Pure code throws it; one place turns it into a refusal. */
public final class RefusedException extends RuntimeException {
    private final transient Problem problem;

    public RefusedException(Problem problem) {
        super(problem.code() + " " + problem.message());
        this.problem = problem;
    }

    public RefusedException(String code, String where, String found, String allowed) {
        this(new Problem(code, where, found, allowed));
    }

    public Problem problem() {
        return problem;
    }
}
