package dev.millrace.nas;

/** What stands behind a layer. */
interface NonLinearity {
    /** Adds it. */
    String behind(String x, Layers layers);
}
