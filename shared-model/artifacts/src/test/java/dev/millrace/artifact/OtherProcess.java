package dev.millrace.artifact;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A writer in a JVM of its own, so that it can be killed or kept short of memory. */
final class OtherProcess {
    private OtherProcess() {}

    static Process start(Path store, long sizeBytes, String... jvmOptions) throws IOException {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(Arrays.asList(jvmOptions));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), OtherProcess.class.getName()));
        command.addAll(List.of(store.toString(), Long.toString(sizeBytes)));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    /** Puts a stream of zeros into the store and prints the address. */
    public static void main(String[] arguments) throws IOException {
        try (var store = FileArtifactStore.open(Path.of(arguments[0]), List.of())) {
            System.out.println(
                    store.put(new Zeros(Long.parseLong(arguments[1]))).uri());
        }
    }

    private static final class Zeros extends InputStream {
        private long left;

        Zeros(long sizeBytes) {
            this.left = sizeBytes;
        }

        @Override
        public int read() {
            return left-- > 0 ? 0 : -1;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) {
            if (left <= 0) {
                return -1;
            }
            int n = (int) Math.min(left, length);
            Arrays.fill(buffer, offset, offset + n, (byte) 0);
            left -= n;
            return n;
        }
    }
}
