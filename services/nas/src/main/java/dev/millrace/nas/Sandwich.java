package dev.millrace.nas;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.data.Batch;
import dev.millrace.engine.train.TrainingData;
import dev.millrace.message.Choice;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Random;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Every batch for the largest, the smallest and two random architectures (Yu and Huang, "Universally slimmable networks",
 * 2019).
 */
record Sandwich(TrainingData data, DerivedSpace space, ElasticModel elastic, long seed) implements TrainingData {
    /** Architectures that see each batch. */
    static final int LAYERS = 4;

    @Override
    public Iterable<Batch> epoch(long number) {
        var random = new Random(seed + number);
        return () -> StreamSupport.stream(data.epoch(number).spliterator(), false)
                .flatMap(batch -> Stream.of(
                                chosen(choice -> choice.values().size() - 1),
                                chosen(choice -> 0),
                                chosen(choice -> random.nextInt(choice.values().size())),
                                chosen(choice -> random.nextInt(choice.values().size())))
                        .map(architecture -> masked(batch, architecture)))
                .iterator();
    }

    @Override
    public long batches() throws IOException {
        return LAYERS * data.batches();
    }

    /** The architecture with the value of each choice at a place. */
    private Architecture chosen(ToIntFunction<Choice> place) {
        var values = new LinkedHashMap<String, JsonNode>();
        space.choices()
                .forEach(choice -> values.put(choice.name(), choice.values().get(place.applyAsInt(choice))));
        return space.settle(values);
    }

    private Batch masked(Batch batch, Architecture architecture) {
        var feed = new LinkedHashMap<>(batch.feed());
        feed.putAll(elastic.masks(architecture));
        return new Batch(feed, batch.rows(), batch.labels(), batch.rowsPerLabel(), batch.expected(), batch.where());
    }
}
