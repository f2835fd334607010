package dev.millrace.nas;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** What a network is made of: for every knob one value, or several of which each has a share. */
interface Blend {
    /**
     * A value of a knob and its share.
     *
     * @param share name of a value of one element in the graph; empty where there is no other value
     */
    record Part(JsonNode value, String share) {
        boolean isWhole() {
            return share.isEmpty();
        }
    }

    /**
     * The values of a knob at a stage; one that is not there has none.
     *
     * @param stage from 0
     */
    List<Part> parts(String knob, int stage);

    /** The values of a knob that is the same everywhere. */
    default List<Part> parts(String knob) {
        return parts(knob, 0);
    }
}
