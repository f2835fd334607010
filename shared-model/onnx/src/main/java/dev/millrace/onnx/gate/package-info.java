/**
 * What a model from outside must pass before native code sees it.
 *
 * <p>ONNX Runtime aborts, hangs, eats memory or gives away process memory on some malformed models. The gate knows these
 * kinds and refuses them with a stable code, the place, what was found and what is allowed. It reads no tensor data but
 * small constants, trusts no declared number, and accepts everything the ONNX specification allows within the limits.
 */
@NullMarked
package dev.millrace.onnx.gate;

import org.jspecify.annotations.NullMarked;
