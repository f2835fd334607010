package dev.millrace.pack.onnx;

import java.util.List;

/**
 * Where in a file the elements of a tensor lie.
 *
 * @param offset in bytes
 * @param length in bytes
 * @param type ONNX's number of the data type
 * @param dims of the tensor, as far as they are known
 */
public record TensorSpan(long offset, long length, long type, List<Long> dims) {}
