@NullMarked
package dev.millrace.quantization;

import org.jspecify.annotations.NullMarked;
