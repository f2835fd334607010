@NullMarked
package dev.millrace.nas;

import org.jspecify.annotations.NullMarked;
