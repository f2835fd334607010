/**
 * HTTP in front of the topics: submit, watch, cancel, upload, download, catalogue.
 *
 * <p>The gateway decides nothing. A request is accepted when the broker has acknowledged it; what is known of jobs and
 * stages is a view of two compacted topics, which each gateway reads whole when it starts. Any number of gateways may run.
 */
@NullMarked
package dev.millrace.gateway;

import org.jspecify.annotations.NullMarked;
