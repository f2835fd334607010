@NullMarked
package dev.millrace.standalone.demo;

import org.jspecify.annotations.NullMarked;
