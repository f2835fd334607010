package dev.millrace.it.benchmark;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;

/**
 * {@code expect.json} of a case: what a right result keeps to. Absent limits are not checked.
 *
 * @param operation in words
 * @param maxError largest {@code |a − b| / |a|} of an output, all samples together
 * @param maxBytes bytes of the result over those of the original
 * @param maxParams float elements of the result over those of the original
 * @param minInts elements stored in 8 bits or fewer
 * @param maxFloats float elements left
 * @param keepFloat weights that stay bit for bit
 * @param goodScales whether every scale must be a normal number
 * @param splitRows whether the data, one array, must be fed row by row
 * @param mask weights, and the share of each, its smallest, that becomes zero
 */
record CaseExpectation(
        String operation,
        @JsonProperty("max_error") double maxError,
        @JsonProperty("max_bytes") Double maxBytes,
        @JsonProperty("max_params") Double maxParams,
        @JsonProperty("min_ints") Long minInts,
        @JsonProperty("max_floats") Long maxFloats,
        @JsonProperty("keep_float") List<String> keepFloat,
        @JsonProperty("good_scales") boolean goodScales,
        @JsonProperty("split_rows") boolean splitRows,
        @JsonProperty("mask") Map<String, Double> mask) {
    CaseExpectation {
        keepFloat = keepFloat == null ? List.of() : keepFloat;
        mask = mask == null ? Map.of() : mask;
    }
}
