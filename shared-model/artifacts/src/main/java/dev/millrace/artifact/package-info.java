/** Content-addressed store of models, results and checkpoints. Stores are thread-safe and may be shared by processes. */
@NullMarked
package dev.millrace.artifact;

import org.jspecify.annotations.NullMarked;
