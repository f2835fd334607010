@NullMarked
package dev.millrace.message;

import org.jspecify.annotations.NullMarked;
