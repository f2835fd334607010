/**
 * The digit classifier of {@code millrace demo}, and how it was made.
 *
 * <p>Shapes: {@code C} channels, {@code H} height, {@code W} width, row-major. Layers work on one sample at a time and keep
 * what backward needs, so a net belongs to one thread.
 */
@NullMarked
package dev.millrace.standalone.demo;

import org.jspecify.annotations.NullMarked;
