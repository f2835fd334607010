/** The built command, run as users run it. */
@NullMarked
package dev.millrace.it.standalone;

import org.jspecify.annotations.NullMarked;
