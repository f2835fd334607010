/**
 * ONNX models as graphs: read, check, edit, write.
 *
 * <p>A {@link dev.millrace.onnx.Model} holds one mutable {@link dev.millrace.onnx.Graph}; everything in it ({@link
 * dev.millrace.onnx.Node}, {@link dev.millrace.onnx.Tensor}, {@link dev.millrace.onnx.ValueInfo}, {@link
 * dev.millrace.onnx.Attribute}) is an immutable value. Editing means replacing values in the graph. One model belongs to
 * one thread.
 *
 * <p>Memory: files are mapped, tensor data stays in the mapping until somebody asks for it, writing pulls tensors one by
 * one. A tensor's data may be a function of another's ({@link dev.millrace.onnx.TensorData}), so editing every weight of
 * a model needs memory for one piece of one tensor. Fields and enum values that this code does not know survive.
 * Law: {@code Model.read(write(m)).equals(m)}.
 *
 * <p>Models from outside pass {@link dev.millrace.onnx.ModelGate} before native code sees them.
 *
 * <p>Glossary: an <b>initializer</b> is a tensor stored with a graph; a <b>constant</b> is a tensor known before running,
 * be it an initializer or the output of a Constant node; a graph <b>captures</b> a value of the graph around it; a
 * <b>value</b> is what an edge carries, known by name. Shapes are written {@code (N, C, H, W)}: batch, channels, height,
 * width; convolution weights {@code (M, C/group, kH, kW)}: filters, input channels of a group, kernel.
 */
@NullMarked
package dev.millrace.onnx;

import org.jspecify.annotations.NullMarked;
