import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.consumer.SubscriptionPattern;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicCollection;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * What users of Apache Kafka's own Java clients do, one method per scenario.
 *
 * <p>java Scenarios BOOTSTRAP SCENARIO: exit code 0 if it held, else a stack trace. The expectations hold for Apache Kafka 4;
 * the suite runs them unchanged against the embedded broker.
 */
public final class Scenarios {
  private static final long MS_MAX = 40_000;
  private static String bootstrap;
  private static Admin admin;

  public static void main(String[] args) throws Exception {
    bootstrap = args[0];
    try (Admin connected = Admin.create(settings(Map.of()))) {
      admin = connected;
      Scenarios.class.getDeclaredMethod(args[1]).invoke(null);
    }
  }

  // --- scenarios

  static void everyByte() throws Exception {
    String topic = topic(1);
    try (var producer = producer(Map.of())) {
      var record = new ProducerRecord<>(topic, 0, 1_700_000_000_123L, "key", "välue 🍱");
      record.headers().add("a", new byte[] {0, -1}).add("a", new byte[0]).add("none", null);
      RecordMetadata sent = producer.send(record).get(MS_MAX, TimeUnit.MILLISECONDS);
      check(sent.offset() == 0 && sent.timestamp() == 1_700_000_000_123L, "sent as " + sent);
    }
    var got = readAll(topic, 1, Map.of()).get(0);
    check(got.key().equals("key") && got.value().equals("välue 🍱"), "read " + got);
    check(got.headers().toArray().length == 3 && got.headers().lastHeader("none").value() == null, "headers " + got.headers());
    check(got.leaderEpoch().isPresent(), "there is a leader epoch");
  }

  static void codecs() throws Exception {
    for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) {
      String topic = topic(1);
      produce(topic, 3000, Map.of("compression.type", codec, "linger.ms", "20"));
      check(values(readAll(topic, 3000, Map.of())).equals(numbers(3000)), codec);
    }
  }

  static void tooLarge() throws Exception {
    String topic = topic(1, Map.of("max.message.bytes", "2000"));
    try (var producer = producer(Map.of())) {
      refused(RecordTooLargeException.class, () -> producer.send(new ProducerRecord<>(topic, "x".repeat(5000))));
      producer.send(new ProducerRecord<>(topic, "small")).get();
    }
    readAll(topic, 1, Map.of());
  }

  static void largeRecordsPassSmallFetches() throws Exception {
    String topic = topic(1);
    try (var producer = producer(Map.of())) {
      for (int index = 0; index < 5; index++) producer.send(new ProducerRecord<>(topic, "z".repeat(200_000))).get();
    }
    readAll(topic, 5, Map.of("max.partition.fetch.bytes", "1000", "fetch.max.bytes", "1000"));
  }

  static void manyPartitionsInOneSession() throws Exception {
    String topic = topic(40);
    produce(topic, 1000, Map.of());
    try (var consumer = consumer(Map.of())) {
      consumer.subscribe(List.of(topic));
      check(new HashSet<>(values(read(consumer, 1000))).size() == 1000, "each once");
      for (int round = 0; round < 5; round++) {
        try (var producer = producer(Map.of())) {
          producer.send(new ProducerRecord<>(topic, round * 7, null, "late " + round)).get();
        }
        check(values(read(consumer, 1)).equals(List.of("late " + round)), "round " + round);
      }
    }
  }

  static void seekWithEpoch() throws Exception {
    String topic = topic(1);
    produce(topic, 10, Map.of());
    var partition = new TopicPartition(topic, 0);
    try (var consumer = consumer(Map.of())) {
      consumer.assign(List.of(partition));
      consumer.seek(partition, new OffsetAndMetadata(4, Optional.of(0), ""));
      check(values(read(consumer, 6)).get(0).equals("4"), "it starts at 4");
    }
  }

  static void offsetOutOfRange() throws Exception {
    String topic = topic(1);
    produce(topic, 3, Map.of());
    var partition = new TopicPartition(topic, 0);
    try (var consumer = consumer(Map.of("auto.offset.reset", "none"))) {
      consumer.assign(List.of(partition));
      consumer.seek(partition, 99);
      refused(OffsetOutOfRangeException.class, () -> {
        long deadline = System.currentTimeMillis() + MS_MAX;
        while (System.currentTimeMillis() < deadline) consumer.poll(Duration.ofMillis(100));
        return null;
      });
    }
  }

  static void positionsAndTimes() throws Exception {
    String topic = topic(1);
    try (var producer = producer(Map.of())) {
      for (long stamp : new long[] {3000, 9000, 5000}) producer.send(new ProducerRecord<>(topic, 0, stamp, "k", "v")).get();
    }
    var partition = new TopicPartition(topic, 0);
    try (var consumer = consumer(Map.of())) {
      check(consumer.beginningOffsets(List.of(partition)).get(partition) == 0, "it begins at 0");
      check(consumer.endOffsets(List.of(partition)).get(partition) == 3, "it ends at 3");
      var found = consumer.offsetsForTimes(Map.of(partition, 4000L)).get(partition);
      check(found.offset() == 1 && found.timestamp() == 9000, "found " + found);
      check(consumer.offsetsForTimes(Map.of(partition, 10_000L)).get(partition) == null, "nothing later");
    }
    ListOffsetsResultInfo newest = admin.listOffsets(Map.of(partition, OffsetSpec.maxTimestamp())).partitionResult(partition).get();
    check(newest.offset() == 1 && newest.timestamp() == 9000, "max timestamp " + newest);
  }

  static void recordsAreDeleted() throws Exception {
    String topic = topic(1);
    produce(topic, 10, Map.of());
    var partition = new TopicPartition(topic, 0);
    var result = admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(6)));
    check(result.lowWatermarks().get(partition).get().lowWatermark() == 6, "low watermark");
    check(values(readAll(topic, 4, Map.of())).equals(List.of("6", "7", "8", "9")), "what is left");
    check(admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(-1))).lowWatermarks().get(partition).get()
        .lowWatermark() == 10, "all are deleted");
  }

  static void topics() throws Exception {
    String name = unique("topic");
    var created = admin.createTopics(List.of(new NewTopic(name, 2, (short) 1).configs(Map.of("retention.ms", "777"))));
    created.all().get();
    untilKnown(name);
    Uuid id = created.topicId(name).get();
    check(created.numPartitions(name).get() == 2 && created.replicationFactor(name).get() == 1, "as it was asked for");
    check(created.config(name).get().get("retention.ms").value().equals("777"), "its setting is told");
    refused(TopicExistsException.class, () -> admin.createTopics(List.of(new NewTopic(name, 1, (short) 1))).all());
    refused(InvalidTopicException.class, () -> admin.createTopics(List.of(new NewTopic("a b", 1, (short) 1))).all());
    var byName = admin.describeTopics(List.of(name)).allTopicNames().get().get(name);
    var byId = admin.describeTopics(TopicCollection.ofTopicIds(List.of(id))).allTopicIds().get().get(id);
    check(byName.topicId().equals(id) && byId.name().equals(name) && byName.partitions().size() == 2, "described");
    check(admin.listTopics().namesToListings().get().get(name).topicId().equals(id), "listed");
    admin.createPartitions(Map.of(name, NewPartitions.increaseTo(5))).all().get();
    until("it has grown", () -> admin.describeTopics(List.of(name)).allTopicNames().get().get(name).partitions().size() == 5);
    admin.deleteTopics(TopicCollection.ofTopicIds(List.of(id))).all().get();
    until("it is gone", () -> !admin.listTopics().names().get().contains(name));
    refused(UnknownTopicOrPartitionException.class, () -> admin.deleteTopics(List.of(name)).all());
    refused(UnknownTopicIdException.class, () -> admin.describeTopics(TopicCollection.ofTopicIds(List.of(id))).allTopicIds());
  }

  static void aTopicThatIsMadeAgainIsAnother() throws Exception {
    String name = topic(1);
    produce(name, 5, Map.of());
    Uuid before = admin.describeTopics(List.of(name)).allTopicNames().get().get(name).topicId();
    admin.deleteTopics(List.of(name)).all().get();
    until("it is gone", () -> !admin.listTopics().names().get().contains(name));
    until("its name is free", () -> {
      try {
        admin.createTopics(List.of(new NewTopic(name, 1, (short) 1))).all().get();
        return true;
      } catch (ExecutionException error) {
        if (error.getCause() instanceof TopicExistsException) return false;
        throw error;
      }
    });
    untilKnown(name);
    check(!admin.describeTopics(List.of(name)).allTopicNames().get().get(name).topicId().equals(before), "its id is new");
    produce(name, 2, Map.of());
    check(values(readAll(name, 2, Map.of())).equals(numbers(2)), "nothing of the old one is left");
  }

  static void configs() throws Exception {
    String name = topic(1, Map.of("retention.ms", "5000"));
    var resource = new ConfigResource(ConfigResource.Type.TOPIC, name);
    var described = admin.describeConfigs(List.of(resource)).all().get().get(resource);
    check(described.get("retention.ms").source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG, "where it comes from");
    check(described.get("segment.bytes").isDefault(), "a default is told apart");
    admin.incrementalAlterConfigs(Map.of(resource, List.of(
        new AlterConfigOp(new ConfigEntry("cleanup.policy", "compact"), AlterConfigOp.OpType.SET),
        new AlterConfigOp(new ConfigEntry("retention.ms", null), AlterConfigOp.OpType.DELETE)))).all().get();
    until("it has changed", () -> admin.describeConfigs(List.of(resource)).all().get().get(resource).get("cleanup.policy").value().equals("compact"));
    refused(InvalidConfigurationException.class, () -> admin.incrementalAlterConfigs(Map.of(resource, List.of(
        new AlterConfigOp(new ConfigEntry("no.such.setting", "1"), AlterConfigOp.OpType.SET)))).all());
    refused(UnknownTopicOrPartitionException.class, () ->
        admin.describeConfigs(List.of(new ConfigResource(ConfigResource.Type.TOPIC, unique("nowhere")))).all());
  }

  static void clusterAndLogDirs() throws Exception {
    var cluster = admin.describeCluster();
    var nodes = cluster.nodes().get();
    check(nodes.size() == 1 && cluster.controller().get() != null && cluster.clusterId().get().length() == 22, "one node");
    var node = nodes.iterator().next();
    check((node.host() + ":" + node.port()).equals(bootstrap), "its address is " + node);
    String name = topic(2);
    produce(name, 100, Map.of());
    var dirs = admin.describeLogDirs(List.of(node.id())).allDescriptions().get().get(node.id());
    check(dirs.size() == 1, "one folder");
    var dir = dirs.values().iterator().next();
    long size = IntStream.range(0, 2).mapToLong(one -> dir.replicaInfos().get(new TopicPartition(name, one)).size()).sum();
    check(size > 0 && dir.totalBytes().getAsLong() > size && dir.error() == null, "sizes");
    check(admin.describeFeatures().featureMetadata().get() != null, "features");
  }

  static void groupsWithTheClassicProtocol() throws Exception {
    sharing(Map.of("group.protocol", "classic"));
  }

  static void groupsThatCooperate() throws Exception {
    int revoked = sharing(Map.of("group.protocol", "classic", "partition.assignment.strategy",
        "org.apache.kafka.clients.consumer.CooperativeStickyAssignor"));
    check(revoked == 2, "only what moves is given up, not " + revoked);
  }

  static void groupsWithTheNewProtocol() throws Exception {
    sharing(Map.of("group.protocol", "consumer"));
  }

  static void groupsWithTheNewProtocolAndAPattern() throws Exception {
    String prefix = unique("pattern");
    admin.createTopics(List.of(new NewTopic(prefix + "-a", 1, (short) 1), new NewTopic(prefix + "-b", 1, (short) 1))).all().get();
    produce(prefix + "-a", 5, Map.of());
    produce(prefix + "-b", 5, Map.of());
    try (var consumer = consumer(Map.of("group.protocol", "consumer"))) {
      consumer.subscribe(new SubscriptionPattern(prefix + "-.*"));
      read(consumer, 10);
    }
  }

  static void groupsAreAdministered() throws Exception {
    String topic = topic(2);
    String group = unique("group");
    produce(topic, 20, Map.of());
    var partition = new TopicPartition(topic, 0);
    try (var consumer = consumer(Map.of("group.id", group, "group.instance.id", "one"))) {
      consumer.subscribe(List.of(topic));
      read(consumer, 20);
      consumer.commitSync();
      var described = admin.describeConsumerGroups(List.of(group)).all().get().get(group);
      check(described.groupState() == GroupState.STABLE && described.members().size() == 1, "described " + described);
      check(described.members().iterator().next().groupInstanceId().equals(Optional.of("one")), "its name");
      refused(GroupNotEmptyException.class, () -> admin.deleteConsumerGroups(List.of(group)).all());
      check(admin.listGroups().all().get().stream().anyMatch(one -> one.groupId().equals(group)), "listed");
      // a static member stays when it closes: the administrator removes it
    }
    var member = new org.apache.kafka.clients.admin.MemberToRemove("one");
    admin.removeMembersFromConsumerGroup(group, new org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions(List.of(member))).all().get();
    until("it is empty", () -> admin.describeConsumerGroups(List.of(group)).all().get().get(group).groupState() == GroupState.EMPTY);
    var offsets = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
    check(offsets.values().stream().mapToLong(OffsetAndMetadata::offset).sum() == 20, "offsets " + offsets);
    admin.alterConsumerGroupOffsets(group, Map.of(partition, new OffsetAndMetadata(1, Optional.of(0), "moved"))).all().get();
    var moved = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().get(partition);
    check(moved.offset() == 1 && moved.metadata().equals("moved") && moved.leaderEpoch().equals(Optional.of(0)), "moved " + moved);
    admin.deleteConsumerGroupOffsets(group, Set.of(partition)).all().get();
    check(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().get(partition) == null, "deleted");
    admin.deleteConsumerGroups(List.of(group)).all().get();
    until("it is gone", () -> admin.listGroups().all().get().stream().noneMatch(one -> one.groupId().equals(group)));
  }

  static void idempotentByDefault() throws Exception {
    String topic = topic(1);
    produce(topic, 5000, Map.of("batch.size", "500", "max.in.flight.requests.per.connection", "5"));
    check(values(readAll(topic, 5000, Map.of())).equals(numbers(5000)), "in order, each once");
    var partition = new TopicPartition(topic, 0);
    var active = admin.describeProducers(List.of(partition)).partitionResult(partition).get().activeProducers();
    check(active.size() == 1, "its producer is known: " + active);
    ProducerState state = active.get(0);
    check(state.lastSequence() == 4999 && state.currentTransactionStartOffset().isEmpty(), "its state " + state);
  }

  static void transactions() throws Exception {
    String topic = topic(2);
    String id = unique("tx");
    var partition = new TopicPartition(topic, 0);
    try (var producer = producer(Map.of("transactional.id", id))) {
      producer.initTransactions();
      for (int round = 0; round < 4; round++) {
        producer.beginTransaction();
        for (int to = 0; to < 2; to++) producer.send(new ProducerRecord<>(topic, to, null, "round " + round)).get();
        if (round == 0) {
          var described = admin.describeTransactions(List.of(id)).description(id).get();
          check(described.state() == TransactionState.ONGOING && described.topicPartitions().size() == 2, "open: " + described);
          check(admin.listTransactions().all().get().stream().anyMatch(one -> one.transactionalId().equals(id)), "listed");
          var ongoing = new ListTransactionsOptions().filterStates(Set.of(TransactionState.ONGOING));
          check(admin.listTransactions(ongoing).all().get().stream().anyMatch(one -> one.transactionalId().equals(id)), "by state");
          var active = admin.describeProducers(List.of(partition)).partitionResult(partition).get().activeProducers();
          check(active.get(0).currentTransactionStartOffset().getAsLong() == 0, "its start: " + active);
        }
        if (round % 2 == 0) producer.commitTransaction();
        else producer.abortTransaction();
      }
    }
    var committed = readAll(topic, 4, Map.of("isolation.level", "read_committed"));
    check(new TreeSet<>(values(committed)).equals(new TreeSet<>(List.of("round 0", "round 2"))), "committed");
    readAll(topic, 8, Map.of("isolation.level", "read_uncommitted"));
  }

  static void transactionalCopy() throws Exception {
    String source = topic(2);
    String sink = topic(2);
    String group = unique("group");
    produce(source, 300, Map.of());
    var settings = Map.of("group.id", group, "enable.auto.commit", "false", "isolation.level", "read_committed", "max.poll.records", "50");
    int done = 0;
    try (var producer = producer(Map.of("transactional.id", unique("tx")))) {
      producer.initTransactions();
      for (int round = 0; done < 300; round++) {
        try (var consumer = consumer(settings)) {
          consumer.subscribe(List.of(source));
          var batch = read(consumer, 50);
          producer.beginTransaction();
          for (var record : batch) producer.send(new ProducerRecord<>(sink, record.key(), record.value()));
          Map<TopicPartition, OffsetAndMetadata> positions = new HashMap<>();
          for (var record : batch)
            positions.merge(new TopicPartition(source, record.partition()), new OffsetAndMetadata(record.offset() + 1),
                (a, b) -> a.offset() > b.offset() ? a : b);
          producer.sendOffsetsToTransaction(positions, consumer.groupMetadata());
          if (round == 2) {
            producer.abortTransaction();
          } else {
            producer.commitTransaction();
            done += 50;
          }
        }
      }
    }
    var copied = values(readAll(sink, 300, Map.of("isolation.level", "read_committed")));
    check(new HashSet<>(copied).equals(new HashSet<>(numbers(300))), "each exactly once");
  }

  static void aReplacedProducerIsFenced() throws Exception {
    String topic = topic(1);
    Map<String, String> same = Map.of("transactional.id", unique("tx"));
    try (var old = producer(same); var replacement = producer(same)) {
      old.initTransactions();
      old.beginTransaction();
      old.send(new ProducerRecord<>(topic, "old")).get();
      replacement.initTransactions();
      replacement.beginTransaction();
      replacement.send(new ProducerRecord<>(topic, "new")).get();
      fenced(() -> {
        old.commitTransaction();
        return null;
      });
      replacement.commitTransaction();
    }
    check(values(readAll(topic, 1, Map.of("isolation.level", "read_committed"))).equals(List.of("new")), "only the new one");
  }

  static void anAdministratorFences() throws Exception {
    String topic = topic(1);
    String id = unique("tx");
    try (var producer = producer(Map.of("transactional.id", id))) {
      producer.initTransactions();
      producer.beginTransaction();
      producer.send(new ProducerRecord<>(topic, "stopped")).get();
      admin.fenceProducers(List.of(id)).all().get();
      fenced(() -> {
        producer.commitTransaction();
        return null;
      });
    }
  }

  // --- what they share

  /** Two members share four partitions; the second leaves. Gives the number of partitions that the first gave up for it. */
  private static int sharing(Map<String, String> settings) throws Exception {
    String topic = topic(4);
    Map<String, String> inGroup = new HashMap<>(settings);
    inGroup.put("group.id", unique("group"));
    try (var first = new Member(topic, inGroup)) {
      until("the first has everything", () -> first.partitions.size() == 4);
      int revoked;
      try (var second = new Member(topic, inGroup)) {
        until("both have half", () -> first.partitions.size() == 2 && second.partitions.size() == 2);
        produce(topic, 200, Map.of());
        until("all was read", () -> first.count + second.count == 200);
        revoked = first.revoked;
        var described = admin.describeConsumerGroups(List.of(inGroup.get("group.id"))).all().get().values().iterator().next();
        check(described.members().size() == 2, "both are known: " + described);
      }
      until("the first has everything again", () -> first.partitions.size() == 4);
      return revoked;
    }
  }

  private static final class Member implements ConsumerRebalanceListener, AutoCloseable {
    volatile Set<TopicPartition> partitions = Set.of();
    volatile int revoked;
    volatile int count;
    private final AtomicBoolean ending = new AtomicBoolean();
    private final Thread thread;

    Member(String topic, Map<String, String> settings) {
      thread = new Thread(() -> {
        try (var consumer = consumer(settings)) {
          consumer.subscribe(List.of(topic), this);
          while (!ending.get()) {
            count += consumer.poll(Duration.ofMillis(50)).count();
            partitions = Set.copyOf(consumer.assignment());
          }
        }
      });
      thread.start();
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> assigned) {}

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> lost) {
      revoked += lost.size();
    }

    @Override
    public void close() throws InterruptedException {
      ending.set(true);
      thread.join(MS_MAX);
    }
  }

  private static Properties settings(Map<String, String> more) {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", bootstrap);
    properties.putAll(more);
    return properties;
  }

  private static KafkaProducer<String, String> producer(Map<String, String> more) {
    return new KafkaProducer<>(settings(more), new StringSerializer(), new StringSerializer());
  }

  private static KafkaConsumer<String, String> consumer(Map<String, String> more) {
    Map<String, String> all = new HashMap<>(Map.of("auto.offset.reset", "earliest", "group.id", unique("group")));
    if (!"consumer".equals(more.get("group.protocol"))) all.put("heartbeat.interval.ms", "500");
    all.putAll(more);
    return new KafkaConsumer<>(settings(all), new StringDeserializer(), new StringDeserializer());
  }

  private static String unique(String what) {
    return what + "-" + UUID.randomUUID().toString().substring(0, 8);
  }

  private static String topic(int partitions) throws Exception {
    return topic(partitions, Map.of());
  }

  private static String topic(int partitions, Map<String, String> configs) throws Exception {
    String name = unique("java");
    admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1).configs(configs))).all().get();
    untilKnown(name);
    return name;
  }

  /** A controller that has made a topic has not yet told the broker. */
  private static void untilKnown(String name) throws Exception {
    until("its broker knows " + name, () -> admin.listTopics().names().get().contains(name));
  }

  private static void produce(String topic, int count, Map<String, String> more) throws Exception {
    try (var producer = producer(more)) {
      List<Future<RecordMetadata>> sent = new ArrayList<>();
      for (String value : numbers(count)) sent.add(producer.send(new ProducerRecord<>(topic, value)));
      for (var future : sent) future.get(MS_MAX, TimeUnit.MILLISECONDS);
    }
  }

  private static List<ConsumerRecord<String, String>> read(KafkaConsumer<String, String> consumer, int count) {
    List<ConsumerRecord<String, String>> records = new ArrayList<>();
    long deadline = System.currentTimeMillis() + MS_MAX;
    while (records.size() < count && System.currentTimeMillis() < deadline)
      consumer.poll(Duration.ofMillis(100)).forEach(records::add);
    check(records.size() == count, records.size() + " of " + count + " records came");
    return records;
  }

  private static List<ConsumerRecord<String, String>> readAll(String topic, int count, Map<String, String> more) {
    try (var consumer = consumer(more)) {
      consumer.subscribe(List.of(topic));
      return read(consumer, count);
    }
  }

  private static List<String> values(List<ConsumerRecord<String, String>> records) {
    return records.stream().map(ConsumerRecord::value).collect(Collectors.toList());
  }

  private static List<String> numbers(int count) {
    return IntStream.range(0, count).mapToObj(String::valueOf).collect(Collectors.toList());
  }

  private static void check(boolean holds, String what) {
    if (!holds) throw new AssertionError(what);
  }

  private static void until(String what, Callable<Boolean> condition) throws Exception {
    long deadline = System.currentTimeMillis() + MS_MAX;
    while (!condition.call()) {
      check(System.currentTimeMillis() < deadline, "it never came to be that " + what);
      Thread.sleep(50);
    }
  }

  private static void fenced(Callable<?> call) throws Exception {
    refused(Arrays.asList(ProducerFencedException.class, InvalidProducerEpochException.class), call);
  }

  private static void refused(Class<? extends Throwable> with, Callable<?> call) throws Exception {
    refused(List.of(with), call);
  }

  private static void refused(List<Class<? extends Throwable>> with, Callable<?> call) throws Exception {
    Throwable error;
    try {
      Object result = call.call();
      if (result instanceof Future<?> future) future.get(MS_MAX, TimeUnit.MILLISECONDS);
      else if (result instanceof org.apache.kafka.common.KafkaFuture<?> future) future.get(MS_MAX, TimeUnit.MILLISECONDS);
      throw new AssertionError("it was not refused");
    } catch (ExecutionException found) {
      error = found.getCause();
    } catch (RuntimeException found) {
      error = found;
    }
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      Throwable one = cause;
      if (with.stream().anyMatch(kind -> kind.isInstance(one))) return;
    }
    throw new AssertionError("refused with another error", error);
  }
}
