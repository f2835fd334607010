/**
 * What a stage is, and the main class of the child JVM that runs one.
 *
 * <p>A stage is a set of techniques. A technique is pure: it reads the model and data of its {@link
 * dev.millrace.stage.StageContext}, writes a new model into the working directory and returns a report. It knows nothing
 * of Kafka, CDI or HTTP. One child JVM runs one task at a time, on one thread; techniques need not be thread-safe.
 */
@NullMarked
package dev.millrace.stage;

import org.jspecify.annotations.NullMarked;
