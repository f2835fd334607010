/** How a tensor is coded best, found by looking at all of it and coding a sample; the packing side only. */
@NullMarked
package dev.millrace.pack.plan;

import org.jspecify.annotations.NullMarked;
