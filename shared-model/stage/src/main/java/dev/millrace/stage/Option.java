package dev.millrace.stage;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Describes one component of a technique's options record; the catalogue is made from these.
 *
 * <p>Components are {@code double}, {@code int}, {@code long}, {@code boolean}, {@code String}, an enum (words in camelCase),
 * a {@code List} or {@code Set} of these, a {@code Map} from names to these, or a {@code JsonNode}. A component that is a
 * record needs no description: its own components are options too, so that techniques can share them.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.RECORD_COMPONENT, ElementType.PARAMETER, ElementType.FIELD})
public @interface Option {
    /** What it does, one sentence. */
    String value();

    /**
     * JSON of the default: {@code "0.5"}, {@code "true"}, {@code "\"minmax\""}, {@code "[]"}, {@code "null"} for a nullable
     * component; empty means that the option must be given.
     */
    String defaultValue() default "";

    /** Range or rule in words, {@code "0 ≤ sparsity < 1"}. */
    String allowed() default "";
}
