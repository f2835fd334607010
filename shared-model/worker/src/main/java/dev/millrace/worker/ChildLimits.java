package dev.millrace.worker;

import java.time.Duration;

/**
 * What a child JVM may use before it is ended.
 *
 * @param heapBytes of Java objects
 * @param addressSpaceBytes of everything that it maps; 0 means no limit
 * @param openFiles descriptors
 * @param threads that the tensor work of one task may use
 * @param time of one task
 * @param silence between two signs of life of one task
 * @param start until a new child is ready
 * @param tasks after which a child is replaced by a fresh one
 */
public record ChildLimits(
        long heapBytes,
        long addressSpaceBytes,
        int openFiles,
        int threads,
        Duration time,
        Duration silence,
        Duration start,
        int tasks) {}
