/** Tests of the distillation stage, on models and data that each test makes. */
@NullMarked
package dev.millrace.distillation;

import org.jspecify.annotations.NullMarked;
