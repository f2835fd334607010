package dev.millrace.evaluation;

import dev.millrace.engine.Value;
import dev.millrace.onnx.DataType;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Feeds in a file, handed from one process to another of the same machine. */
final class Feeds {
    private Feeds() {}

    static void write(Path file, List<Map<String, Value>> feeds) throws IOException {
        try (var out = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file)))) {
            out.writeInt(feeds.size());
            for (var feed : feeds) {
                out.writeInt(feed.size());
                for (var entry : feed.entrySet()) {
                    var value = entry.getValue();
                    out.writeUTF(entry.getKey());
                    out.writeUTF(value.type().name());
                    out.writeInt(value.rank());
                    for (long dim : value.dims()) {
                        out.writeLong(dim);
                    }
                    var bytes = new byte[value.bytes().remaining()];
                    value.bytes().get(bytes);
                    out.writeInt(bytes.length);
                    out.write(bytes);
                }
            }
        }
    }

    static List<Map<String, Value>> read(Path file) throws IOException {
        try (var in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
            var feeds = new ArrayList<Map<String, Value>>();
            for (int count = in.readInt(); count > 0; count--) {
                var feed = new LinkedHashMap<String, Value>();
                for (int left = in.readInt(); left > 0; left--) {
                    var name = in.readUTF();
                    var type = DataType.valueOf(in.readUTF());
                    var dims = new long[in.readInt()];
                    for (int axis = 0; axis < dims.length; axis++) {
                        dims[axis] = in.readLong();
                    }
                    var bytes = in.readNBytes(in.readInt());
                    feed.put(
                            name,
                            Value.of(
                                    type,
                                    dims,
                                    ByteBuffer.allocateDirect(bytes.length)
                                            .put(bytes)
                                            .flip()));
                }
                feeds.add(feed);
            }
            return feeds;
        }
    }
}
