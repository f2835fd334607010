package dev.millrace.standalone.cli;

import dev.millrace.message.Problem;
import java.io.PrintWriter;

/** Shows what went wrong and what would be right. */
final class Problems {
    private Problems() {}

    static void print(Problem problem, PrintWriter out) {
        out.println("millrace: " + problem.code());
        out.println("  where    " + problem.where());
        out.println("  found    " + problem.found());
        if (!problem.allowed().isEmpty()) {
            out.println("  allowed  " + problem.allowed());
        }
    }
}
