@NullMarked
package dev.millrace.compilation;

import org.jspecify.annotations.NullMarked;
