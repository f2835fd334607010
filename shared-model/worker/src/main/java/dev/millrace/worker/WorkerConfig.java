package dev.millrace.worker;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** What an operator can set of a worker; defaults fit one machine that does nothing else. */
@ConfigMapping(prefix = "millrace.worker")
interface WorkerConfig {
    /** Name in events and logs; absent means host and process. */
    Optional<String> name();

    /** Tasks at a time, each in a child JVM; absent means one for every two processors. */
    OptionalInt concurrency();

    /** Threads of one task; absent means processors divided by {@code concurrency}. */
    OptionalInt threads();

    /** Whether child JVMs are started before they are needed. */
    @WithDefault("true")
    boolean warm();

    /** How long a task stays locked when its worker falls silent; Kafka allows 15 s to 60 s. */
    @WithDefault("30s")
    Duration lockDuration();

    /** Attempts at a task before it fails. */
    @WithDefault("3")
    int attempts();

    /** Partitions of topics that this worker has to create. */
    @WithDefault("4")
    int partitions();

    /** Where native libraries are unpacked, once; processes may share it. */
    @WithDefault("${millrace.data-dir}/engines")
    Path enginesDirectory();

    /** Where tasks leave for each other what is costly to compute, as a teacher's answers; processes may share it. */
    @WithDefault("${millrace.data-dir}/cache")
    Path cacheDirectory();

    /** Size of it in MiB; beyond that goes what was least recently used. */
    @WithDefault("4096")
    long cacheMib();

    /**
     * Size of stored results and their models in MiB, for all workers that share the store; 0 means no limit. Beyond it the
     * least recently used go that no job needs.
     */
    @WithDefault("20480")
    long resultsMib();

    Child child();

    /** Limits of a child JVM. */
    interface Child {
        /** Java heap in MiB; absent means a quarter of the machine's memory divided by {@code concurrency}. */
        OptionalLong heapMib();

        /**
         * Address space in MiB, models mapped into memory included; 0 means no limit. Absent means twice the machine's memory
         * and 32 GiB, which ends what maps without end; on a machine with a GPU no limit, for drivers reserve more.
         */
        OptionalLong addressSpaceMib();

        @WithDefault("4096")
        int openFiles();

        /** Longest time of one task. */
        @WithDefault("12h")
        Duration timeLimit();

        /** Longest time without a sign of progress. */
        @WithDefault("10m")
        Duration silenceLimit();

        /** More options of the child's JVM. */
        Optional<List<String>> javaOptions();

        /** Tasks after which a child is replaced by a fresh one. */
        @WithDefault("100")
        int tasks();
    }
}
