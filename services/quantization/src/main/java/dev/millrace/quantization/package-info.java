/**
 * The quantization stage: models with 8-bit weights and, where calibration data is given, 8-bit activations.
 *
 * <p>Every technique keeps the names, types and symbolic dims of inputs and outputs, and the names of nodes it does not
 * replace. What a technique cannot quantize stays in float and is reported by node name, with the reason. The same model,
 * data and options give the same bytes on the same kind of processor.
 *
 * <p>Glossary: a <i>layer</i> is a node with a constant weight (Conv, ConvTranspose, Gemm, MatMul); a <i>scale</i> {@code s}
 * and <i>zero point</i> {@code z} stand for {@code x = s·(q − z)}; <i>QDQ</i> is a graph in which QuantizeLinear and
 * DequantizeLinear nodes mark what a runtime may compute in integers. N is the batch, C channels, K and M the inner and
 * outer width of a matrix product.
 */
@NullMarked
package dev.millrace.quantization;

import org.jspecify.annotations.NullMarked;
