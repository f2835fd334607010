package dev.millrace.factorization;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One way to write the weight of a layer as a product of smaller ones. */
interface Decomposition {
    /** Why a layer cannot be written so; empty if it can. */
    Optional<String> obstacle(Layer layer);

    /** What to look at when data is run, with the bias to take off; nothing where data does not help. */
    Map<Activations.Subject, float[]> wishes(Layer layer);

    /** The choices, cheapest first; the layer as it is is not among them. */
    List<Choice> choices(Layer layer, Algebra algebra, Activations seen);

    /** Rewrites the layer in its graph. */
    void apply(Layer layer, Choice choice, Algebra algebra, Activations seen);

    /** Ranks that run well: all up to 16, then multiples of 8. */
    static boolean isHandy(int rank) {
        return rank <= 16 || rank % 8 == 0;
    }
}
