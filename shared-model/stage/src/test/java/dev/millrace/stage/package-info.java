@NullMarked
package dev.millrace.stage;

import org.jspecify.annotations.NullMarked;
