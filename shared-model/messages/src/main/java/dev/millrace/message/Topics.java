package dev.millrace.message;

/** Names of the topics. */
public final class Topics {
    public static final String REQUESTS = "millrace.requests";
    public static final String OUTCOMES = "millrace.outcomes";
    public static final String PROGRESS = "millrace.progress";
    public static final String JOBS = "millrace.jobs";
    public static final String COMPLETED = "millrace.completed";
    public static final String CONTROL = "millrace.control";
    public static final String CATALOGUE = "millrace.catalogue";
    public static final String DEAD_LETTERS = "millrace.dead-letters";

    private Topics() {}

    /** The topic that the tasks of a stage go to. */
    public static String tasks(String stage) {
        return "millrace.tasks." + stage;
    }
}
