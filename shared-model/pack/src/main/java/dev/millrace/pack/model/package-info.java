/**
 * What a coding learns while it codes: a {@link dev.millrace.pack.model.Plan} says what a part of a file is, its {@link
 * dev.millrace.pack.model.PieceModel} predicts every bit from the elements before it by mixing what several contexts have seen,
 * and a {@link dev.millrace.pack.model.Session} keeps the models from block to block.
 *
 * <p>The packing and the unpacking side are the same objects and learn the same. Memory: at most some 30 MB.
 */
@NullMarked
package dev.millrace.pack.model;

import org.jspecify.annotations.NullMarked;
