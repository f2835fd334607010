/** The whole flow under load while its parts are killed: nothing accepted is lost, nothing ends twice. */
@NullMarked
package dev.millrace.it.soak;

import org.jspecify.annotations.NullMarked;
