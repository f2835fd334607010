package dev.millrace.message;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Where a job stands. The last four are terminal. */
public enum JobState {
    @JsonProperty("running")
    RUNNING,
    @JsonProperty("completed")
    COMPLETED,
    @JsonProperty("failed")
    FAILED,
    @JsonProperty("refused")
    REFUSED,
    @JsonProperty("cancelled")
    CANCELLED;

    public boolean terminal() {
        return this != RUNNING;
    }
}
