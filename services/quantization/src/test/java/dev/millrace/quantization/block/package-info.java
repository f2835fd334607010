@NullMarked
package dev.millrace.quantization.block;

import org.jspecify.annotations.NullMarked;
