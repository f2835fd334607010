/**
 * The {@code millrace} command line.
 *
 * <p>What scripts may rely on: the commands and options, the files in the output directory, and the {@link
 * dev.millrace.standalone.cli.ExitStatus}. Results go to standard output, everything else to standard error.
 */
@NullMarked
package dev.millrace.standalone.cli;

import org.jspecify.annotations.NullMarked;
