package dev.millrace.standalone;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import kafka.server.BrokerServer;
import kafka.server.ControllerServer;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.server.Server$;
import kafka.server.SharedServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.utils.Exit;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.properties.MetaProperties;
import org.apache.kafka.metadata.properties.PropertiesUtils;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.ServerSocketFactory;
import org.apache.kafka.server.fault.LoggingFaultHandler;
import org.apache.kafka.server.quota.ControllerMutationQuota;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import scala.Option;
import scala.jdk.javaapi.CollectionConverters;

/**
 * A real Kafka broker in this JVM: one node that is broker and controller, on the loopback interface only.
 *
 * <p>Its topics live in one directory and are there again after the next start, also after the process was killed. Share
 * groups and Kafka Streams with exactly-once work. Fit for one machine: nothing is replicated.
 */
public final class EmbeddedBroker implements AutoCloseable {
    private static final String HOST = "127.0.0.1";
    private static final int NODE = 1;
    private static final String SHARE_SESSION_MILLIS = "6000";
    private static final ListenerName CLIENTS = new ListenerName("CLIENTS");
    private static final ListenerName CONTROLLER = new ListenerName("CONTROLLER");

    private final BrokerServer broker;
    private final ControllerServer controller;

    private EmbeddedBroker(BrokerServer broker, ControllerServer controller) {
        this.broker = broker;
        this.controller = controller;
    }

    /**
     * Starts a broker and returns when it serves clients, after about a second.
     *
     * @param directory where its state is; made and formatted when it does not exist
     * @param port for clients, 0..65535; 0 takes a free one
     * @throws IOException if the directory cannot be used, for one because another broker holds it, or the port is taken
     */
    public static EmbeddedBroker start(Path directory, int port) throws IOException {
        Path logs = Files.createDirectories(directory).toAbsolutePath();
        format(logs);
        KafkaConfig config = KafkaConfig.fromProps(settings(logs, port), false);
        var loaded = KafkaRaftServer.initializeLogDirs(config, LoggerFactory.getLogger(EmbeddedBroker.class), "");
        var voters = new CompletableFuture<Map<Integer, InetSocketAddress>>();
        var shared = new SharedServer(
                config,
                loaded._1(),
                Time.SYSTEM,
                Server$.MODULE$.initializeMetrics(
                        config, Time.SYSTEM, loaded._1().clusterId().orElseThrow()),
                voters,
                List.of(),
                (name, fatal, action) -> new LoggingFaultHandler(name, action), // the default one ends the process
                ServerSocketFactory.INSTANCE);
        var started = new EmbeddedBroker(
                new BrokerServer(shared), new ControllerServer(shared, KafkaRaftServer.configSchema(), loaded._2()));
        var loopback = loopback();
        var handedOver = started.controller
                .socketServerFirstBoundPortFuture()
                .thenAccept(bound -> voters.complete(Map.of(NODE, new InetSocketAddress(loopback, bound))));
        try {
            started.controller.startup();
            handedOver.join();
            started.broker.startup();
            started.createInternalTopics();
        } catch (RuntimeException e) {
            started.close();
            throw new IOException("Kafka broker in " + logs + " on port " + port + " did not start", e);
        }
        return started;
    }

    /** A port of the loopback interface that nobody listens on at the moment. */
    public static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, loopback())) {
            return socket.getLocalPort();
        }
    }

    /** {@code host:port} for clients of a broker on this port. */
    static String address(int port) {
        return HOST + ":" + port;
    }

    /** {@code host:port} for clients. */
    public String bootstrapServers() {
        return address(broker.boundPort(CLIENTS));
    }

    /** Stops serving and writes what is in memory. May be called more than once. */
    @Override
    public void close() {
        broker.shutdown();
        controller.shutdown();
        broker.awaitShutdown();
        controller.awaitShutdown();
    }

    /**
     * Lets nothing that a broker meets from now on end this process, as a directory that is taken away under its feet: whoever
     * does that ends the process, with a status of its own.
     */
    static void abandon() {
        Exit.setHaltProcedure(EmbeddedBroker::awaitTheEnd);
        Exit.setExitProcedure(EmbeddedBroker::awaitTheEnd);
    }

    private static void awaitTheEnd(int status, @Nullable String message) {
        while (true) {
            LockSupport.park();
        }
    }

    /** Whoever needs one first would find it missing, and wait a second before it looks again. */
    private void createInternalTopics() {
        var missing = Stream.of(
                        Topic.GROUP_METADATA_TOPIC_NAME,
                        Topic.SHARE_GROUP_STATE_TOPIC_NAME,
                        Topic.TRANSACTION_STATE_TOPIC_NAME)
                .filter(topic -> !broker.metadataCache().contains(topic))
                .collect(Collectors.toSet());
        if (!missing.isEmpty()) {
            broker.autoTopicCreationManager()
                    .createTopics(
                            CollectionConverters.asScala(missing),
                            ControllerMutationQuota.UNBOUNDED_CONTROLLER_MUTATION_QUOTA,
                            Option.empty());
        }
    }

    private static InetAddress loopback() throws UnknownHostException {
        return InetAddress.getByAddress(HOST, new byte[] {127, 0, 0, 1});
    }

    private static void format(Path logs) throws IOException {
        var report = new ByteArrayOutputStream();
        try {
            new Formatter()
                    .setPrintStream(new PrintStream(report, true, StandardCharsets.UTF_8))
                    .setClusterId(clusterId(logs))
                    .setNodeId(NODE)
                    .setDirectories(List.of(logs.toString()))
                    .setControllerListenerName(CONTROLLER.value())
                    .setIgnoreFormatted(true)
                    .setFeatureLevel("share.version", (short) 1)
                    .setFeatureLevel("streams.version", (short) 1)
                    .run();
        } catch (IOException e) {
            throw e;
        } catch (Exception e) { // the signature of run()
            throw new IOException(
                    "Cannot format " + logs + " for Kafka: " + report.toString(StandardCharsets.UTF_8), e);
        }
    }

    /** The id that the directory was formatted with, else a new one. */
    private static String clusterId(Path logs) throws IOException {
        Path written = logs.resolve("meta.properties");
        return Files.exists(written)
                ? new MetaProperties.Builder(PropertiesUtils.readPropertiesFile(written.toString()))
                        .build()
                        .clusterId()
                        .orElseThrow(() -> new IOException(written + " has no cluster.id"))
                : Uuid.randomUuid().toString();
    }

    private static Properties settings(Path logs, int port) {
        var settings = new Properties();
        settings.putAll(Map.of(
                "process.roles",
                "broker,controller",
                "node.id",
                Integer.toString(NODE),
                "controller.quorum.voters",
                NODE + "@" + HOST + ":0", // the bound port is handed over at the start
                "listeners",
                CLIENTS.value() + "://" + HOST + ":" + port + "," + CONTROLLER.value() + "://" + HOST + ":0",
                "advertised.listeners",
                CLIENTS.value() + "://" + HOST + ":" + port,
                "listener.security.protocol.map",
                CLIENTS.value() + ":PLAINTEXT," + CONTROLLER.value() + ":PLAINTEXT",
                "controller.listener.names",
                CONTROLLER.value(),
                "inter.broker.listener.name",
                CLIENTS.value(),
                "log.dirs",
                logs.toString(),
                "auto.create.topics.enable",
                "false"));
        // Nothing is replicated.
        for (String topic : List.of("offsets.topic", "transaction.state.log", "share.coordinator.state.topic")) {
            settings.put(topic + ".replication.factor", "1");
            settings.put(topic + ".num.partitions", "1");
        }
        settings.put("transaction.state.log.min.isr", "1");
        settings.put("share.coordinator.state.topic.min.isr", "1");
        // Quick to start, also after a kill, and small.
        settings.put("group.initial.rebalance.delay.ms", "0");
        settings.put("group.share.min.heartbeat.interval.ms", "500"); // a new member learns its partitions by heartbeat
        settings.put("group.share.heartbeat.interval.ms", "500");
        // The partitions of a worker that died are nobody's until its session ends.
        settings.put("group.share.min.session.timeout.ms", SHARE_SESSION_MILLIS);
        settings.put("group.share.session.timeout.ms", SHARE_SESSION_MILLIS);
        // A restart after a kill waits so long; a busy machine must not take so long between two heartbeats, or tasks
        // at
        // work lose their locks and an attempt.
        settings.put("broker.session.timeout.ms", "9000");
        settings.put("broker.heartbeat.interval.ms", "500");
        settings.put("num.network.threads", "2");
        settings.put("num.io.threads", "2");
        settings.put("num.recovery.threads.per.data.dir", "1");
        settings.put("log.cleaner.dedupe.buffer.size", Integer.toString(4 << 20));
        settings.put("log.segment.bytes", Integer.toString(64 << 20));
        settings.put("log.index.size.max.bytes", Integer.toString(1 << 20));
        // A machine that is off for a month still knows where its consumers stood.
        settings.put("offsets.retention.minutes", Integer.toString(365 * 24 * 60));
        return settings;
    }
}
