/** The fast coding: bytes of elements by place, in Huffman codes; its encoder and its decoder. */
@NullMarked
package dev.millrace.pack.planes;

import org.jspecify.annotations.NullMarked;
