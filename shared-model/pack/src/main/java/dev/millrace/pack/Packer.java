package dev.millrace.pack;

import dev.millrace.pack.model.Element;
import dev.millrace.pack.model.Plan;
import dev.millrace.pack.onnx.OnnxTensors;
import dev.millrace.pack.onnx.TensorSpan;
import dev.millrace.pack.plan.Planner;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32C;
import java.util.zip.CheckedOutputStream;
import org.jspecify.annotations.Nullable;

/** Packs a model and the files beside it that hold its large tensors into one file. */
public final class Packer {
    private static final int CUT_BYTES = 8;

    /** A file to be packed, and the tensors in it. */
    private record Part(String name, Path file, List<TensorSpan> tensors) {}

    private Packer() {}

    /**
     * Packs. The model's bytes are read a few times, a piece at a time, so memory is bounded whatever its size. The same bytes give
     * the same packed file.
     *
     * @param out is written under another name first, so that it is whole or not there; an older file is replaced
     * @throws PackException if the model is none, or its external data is not beside it
     */
    public static PackedModel pack(Path model, Path out, Coding coding) throws IOException {
        var parts = parts(model);
        long size = 0;
        long weights = 0;
        try (var temporary = new TemporaryFile(out)) {
            try (var stream = new DataOutputStream(new BufferedOutputStream(temporary.out()))) {
                writeHeader(stream, parts);
                for (var part : parts) {
                    try (var file = FileChannel.open(part.file, StandardOpenOption.READ)) {
                        size += file.size();
                        stream.write(write(file, part.tensors, new BlockWriter(stream, coding), coding));
                    }
                    for (var tensor : part.tensors) {
                        weights += Element.of(tensor.type())
                                .map(element -> tensor.length() * Byte.SIZE / element.bits())
                                .orElse(0L);
                    }
                }
            }
            var packed = new PackedModel(size, temporary.size(), weights);
            temporary.publish();
            return packed;
        }
    }

    private static List<Part> parts(Path model) throws IOException {
        var parts = new ArrayList<Part>();
        OnnxTensors tensors;
        try (var file = FileChannel.open(model, StandardOpenOption.READ)) {
            tensors = OnnxTensors.of(file);
        }
        parts.add(new Part("", model, tensors.inside()));
        for (var external : tensors.outside().entrySet()) {
            var file = ExternalPath.resolve(model, external.getKey());
            if (!Files.exists(file)) {
                throw new PackException(
                        "EXTERNAL_DATA_MISSING",
                        "external data",
                        "no file '" + external.getKey() + "'",
                        "a file beside the model");
            }
            parts.add(new Part(external.getKey(), file, within(Files.size(file), external.getValue())));
        }
        if (parts.size() > Format.MOST_FILES) {
            throw new PackException(
                    "TOO_MANY_FILES", "the model", parts.size() + " files", "at most " + Format.MOST_FILES);
        }
        return parts;
    }

    private static List<TensorSpan> within(long size, List<TensorSpan> spans) {
        return spans.stream()
                .filter(span -> span.offset() < size)
                .map(span -> new TensorSpan(
                        span.offset(), Math.min(span.length(), size - span.offset()), span.type(), span.dims()))
                .toList();
    }

    private static void writeHeader(DataOutputStream stream, List<Part> parts) throws IOException {
        var checked = new CheckedOutputStream(stream, new CRC32C());
        var header = new DataOutputStream(checked);
        header.writeInt(Format.MAGIC);
        header.writeByte(Format.VERSION);
        header.writeShort(parts.size());
        for (var part : parts) {
            var name = part.name.getBytes(StandardCharsets.UTF_8);
            header.writeShort(name.length);
            header.write(name);
            header.writeLong(Files.size(part.file));
        }
        header.flush();
        stream.writeInt((int) checked.getChecksum().getValue());
    }

    /** @return the digest of the file */
    private static byte[] write(FileChannel file, List<TensorSpan> tensors, BlockWriter blocks, Coding coding)
            throws IOException {
        var digest = digest();
        var planner = new Planner((offset, target, length) -> read(file, offset, target, 0, length));
        var seen = new HashMap<String, Long>();
        long at = 0;
        for (var tensor : tensors) {
            copy(file, at, tensor.offset(), new Plan.Bytes(1), null, blocks, digest);
            at = tensor.offset() + tensor.length();
            var element = Element.of(tensor.type())
                    .filter(each -> tensor.length() % Math.max(1, each.bits() / Byte.SIZE) == 0)
                    .orElse(null);
            Plan plan = new Plan.Bytes(1);
            if (coding == Coding.MODELLED) {
                var earlier = seen.putIfAbsent(contents(file, tensor), tensor.offset());
                plan = earlier == null ? planner.plan(tensor) : new Plan.Repeat(tensor.offset() - earlier);
            }
            copy(file, tensor.offset(), at, plan, element, blocks, digest);
        }
        copy(file, at, file.size(), new Plan.Bytes(1), null, blocks, digest);
        blocks.flush();
        return digest.digest();
    }

    /** What tells a tensor's bytes from others. */
    private static String contents(FileChannel file, TensorSpan tensor) throws IOException {
        var digest = digest();
        var buffer = new byte[(int) Math.min(Format.BLOCK_BYTES, tensor.length())];
        for (long at = 0; at < tensor.length(); at += buffer.length) {
            int length = (int) Math.min(buffer.length, tensor.length() - at);
            read(file, tensor.offset() + at, buffer, 0, length);
            digest.update(buffer, 0, length);
        }
        return tensor.length() + " " + HexFormat.of().formatHex(digest.digest());
    }

    private static void copy(
            FileChannel file,
            long from,
            long to,
            Plan plan,
            @Nullable Element element,
            BlockWriter blocks,
            MessageDigest digest)
            throws IOException {
        blocks.begin(plan);
        for (long at = from; at < to; ) {
            long fits = Math.min(to - at, blocks.space());
            int length = (int) (fits < to - at ? fits / CUT_BYTES * CUT_BYTES : fits);
            if (length > 0) {
                read(file, at, blocks.buffer(), blocks.filled(), length);
                digest.update(blocks.buffer(), blocks.filled(), length);
                blocks.add(length, element);
                at += length;
            }
            if (at < to) {
                blocks.flush();
            }
        }
    }

    private static void read(FileChannel file, long offset, byte[] target, int from, int length) throws IOException {
        var buffer = ByteBuffer.wrap(target, from, length);
        while (buffer.hasRemaining()) {
            if (file.read(buffer, offset + buffer.position() - from) < 0) {
                throw new EOFException("The file became shorter while it was packed");
            }
        }
    }

    static MessageDigest digest() {
        try {
            return MessageDigest.getInstance(Format.DIGEST);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }
}
