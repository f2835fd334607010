/** Where tensors lie in an ONNX file, by the handful of fields that lead to them; the packing side only. */
@NullMarked
package dev.millrace.pack.onnx;

import org.jspecify.annotations.NullMarked;
