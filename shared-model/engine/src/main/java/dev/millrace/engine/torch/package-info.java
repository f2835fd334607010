/**
 * Running and training ONNX graphs on libtorch, through DJL's PyTorch engine.
 *
 * <p>A graph is compiled to a TorchScript archive ({@code dev.millrace.onnx.script}), loaded by DJL, and run by one native
 * call. libtorch is unpacked and loaded when the first module is opened, never before.
 *
 * <p>Threads: everything here is for one thread at a time. Memory: a module holds one copy of the weights outside the heap
 * until it is closed; what a run makes lives until its outputs are closed.
 */
@NullMarked
package dev.millrace.engine.torch;

import org.jspecify.annotations.NullMarked;
