/** Workers against a real broker: delivery, retries, locks, hand-back. */
@NullMarked
package dev.millrace.it.worker;

import org.jspecify.annotations.NullMarked;
