/** Orchestrator and gateway as processes of their own, on a real broker, with a scripted worker. */
@NullMarked
package dev.millrace.it.flow;

import org.jspecify.annotations.NullMarked;
