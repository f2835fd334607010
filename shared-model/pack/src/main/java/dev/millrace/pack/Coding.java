package dev.millrace.pack;

/** Which entropy coder packs. */
public enum Coding {
    /** A range coder with adaptive contexts: the smallest files, about a million weights a second. */
    MODELLED,
    /** Relative indices and bytes in canonical Huffman codes: larger, and many times faster. */
    HUFFMAN
}
