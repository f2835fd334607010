@NullMarked
package dev.millrace.factorization;

import org.jspecify.annotations.NullMarked;
