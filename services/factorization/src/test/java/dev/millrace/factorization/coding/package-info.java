@NullMarked
package dev.millrace.factorization.coding;

import org.jspecify.annotations.NullMarked;
