package dev.millrace.message;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What a compression wants less of. */
public enum Minimise {
    @JsonProperty("bytes")
    BYTES,
    @JsonProperty("packed")
    PACKED,
    @JsonProperty("latency")
    LATENCY,
    @JsonProperty("memory")
    MEMORY,
    @JsonProperty("macs")
    MACS
}
