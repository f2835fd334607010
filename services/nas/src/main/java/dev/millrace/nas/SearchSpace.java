package dev.millrace.nas;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.message.Choice;
import dev.millrace.onnx.Model;
import java.util.List;
import java.util.Map;

/** A set of architectures: the choices among them, and the model of each. */
interface SearchSpace {
    List<Choice> choices();

    /**
     * The architecture that follows from a value for each choice.
     *
     * @throws RefusedException {@code BAD_ARCHITECTURE} if the values are not those of the choices
     */
    Architecture settle(Map<String, JsonNode> chosen);

    /** Whether candidates have weights of the model that they come from. */
    default boolean inherits() {
        return false;
    }

    /** Makes the candidate; the same for the same architecture and seed. */
    Model build(Architecture architecture, long seed);
}
