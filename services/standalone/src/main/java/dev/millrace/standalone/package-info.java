/**
 * The embedded default: a Kafka broker and all services in one process, its state under one data directory, and the {@code
 * millrace} command line.
 *
 * <p>The only module that sees every service. Tensor work still runs in the workers' child JVMs.
 */
@NullMarked
package dev.millrace.standalone;

import org.jspecify.annotations.NullMarked;
