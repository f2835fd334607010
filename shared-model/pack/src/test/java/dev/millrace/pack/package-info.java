@NullMarked
package dev.millrace.pack;

import org.jspecify.annotations.NullMarked;
