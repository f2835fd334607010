package dev.millrace.message;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** A Kafka record that is no event of ours. It belongs into {@link Topics#DEAD_LETTERS}, and the consumer goes on. */
public final class UnreadableEventException extends Exception {
    private static final int LONGEST_HEADER = 1_000;

    private final transient Problem problem;

    public UnreadableEventException(Problem problem) {
        super(problem.code() + " " + problem.message());
        this.problem = problem;
    }

    public UnreadableEventException(Problem problem, Throwable cause) {
        super(problem.code() + " " + problem.message(), cause);
        this.problem = problem;
    }

    public Problem problem() {
        return problem;
    }

    /**
     * Headers for the dead letter, named as SmallRye names its own: {@code dead-letter-reason} in one line, then
     * {@code -code}, {@code -where}, {@code -found}, {@code -allowed}, {@code -topic}, {@code -partition} and {@code
     * -offset}. Long values are cut.
     */
    public Map<String, byte[]> deadLetterHeaders(String topic, int partition, long offset) {
        var headers = new LinkedHashMap<String, byte[]>();
        put(headers, "reason", problem.message());
        put(headers, "code", problem.code());
        put(headers, "where", problem.where());
        put(headers, "found", problem.found());
        put(headers, "allowed", problem.allowed());
        put(headers, "topic", topic);
        put(headers, "partition", Integer.toString(partition));
        put(headers, "offset", Long.toString(offset));
        return headers;
    }

    private static void put(Map<String, byte[]> headers, String name, String value) {
        var cut = value.length() <= LONGEST_HEADER ? value : value.substring(0, LONGEST_HEADER) + "…";
        headers.put("dead-letter-" + name, cut.getBytes(StandardCharsets.UTF_8));
    }
}
