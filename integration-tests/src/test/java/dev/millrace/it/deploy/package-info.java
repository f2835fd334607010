/** The files of deploy and the compose file, held against the code they deploy. */
@NullMarked
package dev.millrace.it.deploy;

import org.jspecify.annotations.NullMarked;
