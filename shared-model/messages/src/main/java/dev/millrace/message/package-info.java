/**
 * Every record that crosses a topic.
 *
 * <p>Records are immutable and thread-safe; JSON names are the component names. Optional components are {@code null}
 * when absent. Readers ignore fields they do not know; a new required field or a changed meaning is a new major version
 * of the event type. Publishers and subscribers need this module and Jackson, nothing else.
 *
 * <p>Glossary: a <b>job</b> is one compression request and all that follows from it; a <b>task</b> is one stage of a job;
 * an <b>attempt</b> is one run of a task; a <b>role</b> says what data is for ({@code training}, {@code calibration},
 * {@code validation}, {@code evaluation}).
 */
@NullMarked
package dev.millrace.message;

import org.jspecify.annotations.NullMarked;
