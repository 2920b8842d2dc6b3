"""What users of confluent-kafka-python (librdkafka) do, one function per scenario.

python scenarios.py BOOTSTRAP SCENARIO [SASL_BOOTSTRAP USER PASSWORD]: exit code 0 if it held; else the assertion that did not. The expectations hold for
Apache Kafka 4; the suite runs them unchanged against the embedded broker.
"""
import sys
import threading
import time
import uuid

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    ConsumerGroupState,
    ConsumerGroupTopicPartitions,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Producer,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
    ResourceType,
)

BOOTSTRAP = sys.argv[1]
SECONDS_MAX = 40


def unique(what):
    return f"{what}-{uuid.uuid4().hex[:8]}"


ADMIN = AdminClient({"bootstrap.servers": BOOTSTRAP})


def admin():
    """One for all: its requests fail when it is collected before they are answered."""
    return ADMIN


def topic(partitions=1, **config):
    name = unique("py")
    config = {key.replace("_", "."): value for key, value in config.items()}
    for future in admin().create_topics([NewTopic(name, partitions, 1, config=config)]).values():
        future.result(SECONDS_MAX)
    # a controller that has made a topic has not yet told the broker
    until(lambda: name in admin().list_topics(timeout=SECONDS_MAX).topics, f"its broker knows {name}")
    return name


def producer(**config):
    return Producer({"bootstrap.servers": BOOTSTRAP, **{key.replace("_", "."): value for key, value in config.items()}})


def consumer(**config):
    settings = {"bootstrap.servers": BOOTSTRAP, "group.id": unique("group"), "auto.offset.reset": "earliest"}
    settings.update({key.replace("_", "."): value for key, value in config.items()})
    return Consumer(settings)


def produce(name, values, partition=-1, **config):
    """Sends and waits; returns the errors."""
    errors = []
    p = producer(**config)
    for value in values:
        while True:
            try:
                p.produce(name, value, partition=partition, on_delivery=lambda e, _: e and errors.append(e))
                break
            except BufferError:
                p.poll(0.1)
    assert p.flush(SECONDS_MAX) == 0, "not everything was acknowledged"
    return errors


def read(c, count, seconds=SECONDS_MAX):
    """The next `count` messages of a subscribed or assigned consumer."""
    messages = []
    deadline = time.monotonic() + seconds
    while len(messages) < count and time.monotonic() < deadline:
        for message in c.consume(min(1000, count - len(messages)), 0.2):
            if message.error():
                raise KafkaException(message.error())
            messages.append(message)
    assert len(messages) == count, f"{len(messages)} of {count} messages came"
    return messages


def read_all(name, count, **config):
    c = consumer(**config)
    c.subscribe([name])
    try:
        return [message.value() for message in read(c, count)]
    finally:
        c.close()


def code_of(call):
    """The code of the error that `call` must raise."""
    try:
        call()
    except KafkaException as error:
        return error.args[0].code()
    raise AssertionError("it was not refused")


def until(condition, what):
    deadline = time.monotonic() + SECONDS_MAX
    while not condition():
        assert time.monotonic() < deadline, f"it never came to be that {what}"
        time.sleep(0.1)


# --- messages


def delivery_reports():
    name = topic(3)
    seen = []
    p = producer(linger_ms=5)
    for index in range(1000):
        p.produce(name, str(index), key=f"k{index % 10}", on_delivery=lambda e, m: seen.append((e, m.partition(), m.offset())))
    assert p.flush(SECONDS_MAX) == 0
    assert len(seen) == 1000 and all(error is None for error, _, _ in seen)
    for partition in range(3):
        offsets = [offset for _, where, offset in seen if where == partition]
        assert offsets == list(range(len(offsets))), f"partition {partition}: {offsets[:20]}"


def every_byte():
    name = topic()
    value = bytes(range(256)) * 100
    p = producer()
    p.produce(name, value, key=b"\x00\xff", headers=[("a", b"1"), ("a", b"2"), ("none", None)], timestamp=1_700_000_000_123)
    p.flush(SECONDS_MAX)
    c = consumer()
    c.subscribe([name])
    [message] = read(c, 1)
    c.close()
    assert message.value() == value and message.key() == b"\x00\xff"
    assert message.headers() == [("a", b"1"), ("a", b"2"), ("none", None)]
    assert message.timestamp() == (1, 1_700_000_000_123)


def codecs():
    values = [f"order {index} of a hungry customer".encode() for index in range(5000)]
    for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
        name = topic()
        assert produce(name, values, compression_type=codec, linger_ms=20) == []
        assert read_all(name, len(values)) == values, codec


def codec_of_the_topic():
    name = topic(compression_type="zstd")
    values = [b"squeezed" * 50] * 100
    assert produce(name, values, compression_type="none") == []
    assert read_all(name, 100) == values


def idempotent_order():
    name = topic()
    values = [str(index).encode() for index in range(20_000)]
    assert produce(name, values, enable_idempotence=True, batch_num_messages=200) == []
    assert read_all(name, len(values)) == values


def too_large():
    name = topic(max_message_bytes="2000")
    [error] = produce(name, [b"x" * 5000])
    assert error.code() == KafkaError.MSG_SIZE_TOO_LARGE, error
    assert produce(name, [b"small"]) == []


def unknown_topic():
    [error] = produce(unique("nowhere"), [b"x"], allow_auto_create_topics=False, topic_metadata_propagation_max_ms=500)
    assert error.code() in (KafkaError._UNKNOWN_TOPIC, KafkaError.UNKNOWN_TOPIC_OR_PART), error


def unknown_partition():
    name = topic(2)
    p = producer()
    p.list_topics(name, timeout=SECONDS_MAX)
    try:
        p.produce(name, b"x", partition=7)
        errors = []
    except KafkaException as error:
        errors = [error.args[0]]
    p.flush(SECONDS_MAX)
    assert [error.code() for error in errors] == [KafkaError._UNKNOWN_PARTITION], errors


def empty_poll_waits():
    """A fetch with nothing to give is held, not answered in a loop."""
    name = topic()
    produce(name, [b"x"])
    c = consumer(fetch_wait_max_ms=500)
    c.subscribe([name])
    read(c, 1)
    assert c.poll(1.5) is None
    produce(name, [b"y"])
    [message] = read(c, 1)
    assert message.value() == b"y"
    c.close()


def partition_end():
    name = topic()
    produce(name, [b"x"])
    c = consumer(enable_partition_eof=True)
    c.assign([TopicPartition(name, 0, OFFSET_BEGINNING)])
    first, last = c.poll(SECONDS_MAX), c.poll(SECONDS_MAX)
    assert first.value() == b"x" and last.error().code() == KafkaError._PARTITION_EOF
    assert last.offset() == 1
    c.close()


def offset_out_of_range():
    name = topic()
    produce(name, [b"a", b"b"])
    c = consumer(auto_offset_reset="error")
    c.assign([TopicPartition(name, 0, 99)])
    message = c.poll(SECONDS_MAX)
    assert message.error().code() in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE), message.error()
    c.close()


def watermarks_and_times():
    name = topic()
    p = producer()
    for second in (1, 2, 3):
        p.produce(name, str(second), timestamp=1_700_000_000_000 + second * 1000)
    p.flush(SECONDS_MAX)
    c = consumer()
    assert c.get_watermark_offsets(TopicPartition(name, 0), SECONDS_MAX) == (0, 3)
    asked = [TopicPartition(name, 0, 1_700_000_000_000 + second * 1000) for second in (2,)]
    assert c.offsets_for_times(asked, SECONDS_MAX)[0].offset == 1
    late = [TopicPartition(name, 0, 1_800_000_000_000)]
    assert c.offsets_for_times(late, SECONDS_MAX)[0].offset == -1
    c.close()


def partition_growth_is_noticed():
    name = topic(1)
    produce(name, [b"first"])
    c = consumer(topic_metadata_refresh_interval_ms=500)
    c.subscribe([name])
    read(c, 1)
    for future in admin().create_partitions([NewPartitions(name, 3)]).values():
        future.result(SECONDS_MAX)
    until(lambda: produce(name, [b"second"], partition=2, message_timeout_ms=2000) == [], "the new partition takes messages")
    [message] = read(c, 1)
    assert message.partition() == 2
    c.close()


# --- groups


def group_resumes():
    name, group = topic(2), unique("group")
    produce(name, [str(index).encode() for index in range(100)])
    first = consumer(group_id=group, enable_auto_commit=False)
    first.subscribe([name])
    read(first, 100)
    first.commit(asynchronous=False)
    first.close()
    produce(name, [b"new"])
    assert read_all(name, 1, group_id=group) == [b"new"]


def manual_commits():
    name, group = topic(2), unique("group")
    c = consumer(group_id=group)
    c.commit(offsets=[TopicPartition(name, 0, 5, "note"), TopicPartition(name, 1, 7)], asynchronous=False)
    committed = c.committed([TopicPartition(name, 0), TopicPartition(name, 1)], SECONDS_MAX)
    assert [one.offset for one in committed] == [5, 7]
    c.close()


class Member(threading.Thread):
    """A member that polls in its own thread, and knows its partitions."""

    def __init__(self, name, **config):
        super().__init__(daemon=True)
        self.partitions, self.revoked, self.ending = set(), [], threading.Event()
        self.consumer = consumer(heartbeat_interval_ms=500, session_timeout_ms=10_000, **config)
        cooperative = "cooperative" in config.get("partition_assignment_strategy", "")

        def assigned(_, partitions):
            found = {one.partition for one in partitions}
            self.partitions = self.partitions | found if cooperative else found

        def lost(_, partitions):
            self.revoked.append({one.partition for one in partitions})
            self.partitions = self.partitions - self.revoked[-1]

        self.consumer.subscribe([name], on_assign=assigned, on_revoke=lost)
        self.start()

    def run(self):
        while not self.ending.is_set():
            self.consumer.poll(0.1)
        self.consumer.close()

    def leave(self):
        self.ending.set()
        self.join(SECONDS_MAX)


def sharing(**config):
    name, group = topic(4), unique("group")
    first = Member(name, group_id=group, **config)
    until(lambda: len(first.partitions) == 4, "the first member has everything")
    second = Member(name, group_id=group, **config)
    until(lambda: len(first.partitions) == 2 and len(second.partitions) == 2, "both have half")
    assert not first.partitions & second.partitions
    revoked = list(first.revoked)
    second.leave()
    until(lambda: len(first.partitions) == 4, "the first has everything again")
    first.leave()
    return revoked


def eager_rebalance():
    assert {0, 1, 2, 3} in sharing(partition_assignment_strategy="range")


def cooperative_rebalance():
    """Only what moves is given up."""
    revoked = sharing(partition_assignment_strategy="cooperative-sticky")
    assert sum(len(one) for one in revoked) == 2, revoked


def static_membership():
    """A member with a name of its own that comes back in time gets its partitions back without a rebalance."""
    name, group = topic(4), unique("group")
    stays = Member(name, group_id=group, group_instance_id="stays", partition_assignment_strategy="range")
    goes = Member(name, group_id=group, group_instance_id="goes", partition_assignment_strategy="range")
    until(lambda: len(stays.partitions) == 2 and len(goes.partitions) == 2, "both have half")
    had, revocations = set(goes.partitions), len(stays.revoked)
    goes.leave()
    back = Member(name, group_id=group, group_instance_id="goes", partition_assignment_strategy="range")
    until(lambda: back.partitions == had, "it has what it had")
    assert len(stays.revoked) == revocations, "the other one was disturbed"
    back.leave()
    stays.leave()


def static_member_is_fenced():
    name, group = topic(1), unique("group")
    first = consumer(group_id=group, group_instance_id="same", heartbeat_interval_ms=300, session_timeout_ms=10_000)
    first.subscribe([name])
    until(lambda: first.poll(0.2) is None and len(first.assignment()) == 1, "the first has joined")
    second = consumer(group_id=group, group_instance_id="same", heartbeat_interval_ms=300, session_timeout_ms=10_000)
    second.subscribe([name])
    codes = []

    def fenced():
        second.poll(0.1)
        try:
            message = first.poll(0.1)
        except KafkaException as error:
            codes.append(error.args[0].code())
            return True
        if message is not None and message.error():
            codes.append(message.error().code())
        return len(codes) > 0

    until(fenced, "the first is told")
    assert codes[0] in (KafkaError._FATAL, KafkaError.FENCED_INSTANCE_ID), codes
    second.close()
    first.close()


def new_group_protocol():
    """KIP-848: the broker assigns, and no member waits for another."""
    name, group = topic(4), unique("group")
    settings = {"group_id": group, "group_protocol": "consumer"}
    members = [NewMember(name, settings) for _ in range(2)]
    until(lambda: sorted(len(member.partitions) for member in members) == [2, 2], "both have half")
    produce(name, [str(index).encode() for index in range(100)])
    until(lambda: sum(member.count for member in members) == 100, "all was read")
    description = describe_group(group)
    assert description.state == ConsumerGroupState.STABLE, description.state
    assert len(description.members) == 2
    for member in members:
        member.leave()


class NewMember(threading.Thread):
    def __init__(self, name, settings):
        super().__init__(daemon=True)
        self.count, self.ending = 0, threading.Event()
        self.consumer = consumer(**settings)
        self.consumer.subscribe([name])
        self.partitions = []
        self.start()

    def run(self):
        while not self.ending.is_set():
            message = self.consumer.poll(0.1)
            self.count += 1 if message is not None and not message.error() else 0
            self.partitions = [one.partition for one in self.consumer.assignment()]
        self.consumer.close()

    def leave(self):
        self.ending.set()
        self.join(SECONDS_MAX)


def regex_subscription():
    prefix = unique("many")
    names = [f"{prefix}-{index}" for index in range(3)]
    for future in admin().create_topics([NewTopic(name, 1, 1) for name in names]).values():
        future.result(SECONDS_MAX)
    for name in names:
        produce(name, [name.encode()])
    c = consumer(topic_metadata_refresh_interval_ms=500)
    c.subscribe([f"^{prefix}-.*"])
    assert {message.value().decode() for message in read(c, 3)} == set(names)
    c.close()


# --- transactions


def transactional(**config):
    p = producer(transactional_id=unique("tx"), **config)
    p.init_transactions(SECONDS_MAX)
    return p


def committed(name, count):
    return read_all(name, count, isolation_level="read_committed")


def transaction_commits_and_aborts():
    name = topic(2)
    p = transactional()
    for index in range(6):
        p.begin_transaction()
        for partition in (0, 1):
            p.produce(name, f"{index}", partition=partition)
        if index % 2 == 0:
            p.commit_transaction(SECONDS_MAX)
        else:
            p.flush(SECONDS_MAX)
            p.abort_transaction(SECONDS_MAX)
    assert sorted(committed(name, 6)) == [b"0", b"0", b"2", b"2", b"4", b"4"]
    uncommitted = read_all(name, 12, isolation_level="read_uncommitted")
    assert sorted(set(uncommitted)) == [b"0", b"1", b"2", b"3", b"4", b"5"]


def open_transaction_holds_back():
    name = topic()
    p = transactional()
    p.begin_transaction()
    p.produce(name, b"open")
    p.flush(SECONDS_MAX)
    produce(name, [b"behind"])
    c = consumer(isolation_level="read_committed")
    c.assign([TopicPartition(name, 0, OFFSET_BEGINNING)])
    assert c.poll(2) is None, "an uncommitted message was given out"
    p.commit_transaction(SECONDS_MAX)
    assert [message.value() for message in read(c, 2)] == [b"open", b"behind"]
    c.close()


def transactional_copy():
    """Consume, transform, produce: exactly once, with the offsets in the transaction."""
    source, sink, group = topic(2), topic(2), unique("group")
    produce(source, [str(index).encode() for index in range(500)])
    p = transactional()
    done, aborts = 0, 0
    while done < 500:
        c = consumer(group_id=group, enable_auto_commit=False, isolation_level="read_committed")
        c.subscribe([source])
        batch = read(c, 100)
        p.begin_transaction()
        for message in batch:
            p.produce(sink, message.value(), message.key())
        p.send_offsets_to_transaction(c.position(c.assignment()), c.consumer_group_metadata(), SECONDS_MAX)
        if done == 200 and aborts == 0:
            aborts += 1
            p.abort_transaction(SECONDS_MAX)
        else:
            p.commit_transaction(SECONDS_MAX)
            done += 100
        c.close()
    values = committed(sink, 500)
    assert sorted(int(value) for value in values) == list(range(500))


def replaced_producer_is_fenced():
    name, same = topic(), unique("tx")
    old = producer(transactional_id=same)
    old.init_transactions(SECONDS_MAX)
    old.begin_transaction()
    old.produce(name, b"old")
    old.flush(SECONDS_MAX)
    new = producer(transactional_id=same)
    new.init_transactions(SECONDS_MAX)
    new.begin_transaction()
    new.produce(name, b"new")
    new.commit_transaction(SECONDS_MAX)
    code = code_of(lambda: old.commit_transaction(SECONDS_MAX))
    assert code in (KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH), code
    assert committed(name, 1) == [b"new"]


def transaction_times_out():
    """The broker ends a transaction that its producer forgot, so that readers go on."""
    name = topic()
    p = transactional(transaction_timeout_ms=2000)
    p.begin_transaction()
    p.produce(name, b"forgotten")
    p.flush(SECONDS_MAX)
    produce(name, [b"behind"])
    assert committed(name, 1) == [b"behind"]


def too_long_a_transaction():
    p = producer(transactional_id=unique("tx"), transaction_timeout_ms=16 * 60 * 1000)
    code = code_of(lambda: p.init_transactions(SECONDS_MAX))
    assert code == KafkaError.INVALID_TRANSACTION_TIMEOUT, code


# --- administration


def result(futures):
    [future] = futures.values()
    return future.result(SECONDS_MAX)


def topic_lifecycle():
    name = topic(2)
    a = admin()
    described = result(a.describe_topics(TopicCollection([name])))
    assert described.name == name and len(described.partitions) == 2 and not described.is_internal
    assert str(described.topic_id) != "AAAAAAAAAAAAAAAAAAAAAA"
    assert code_of(lambda: result(a.create_topics([NewTopic(name, 1, 1)]))) == KafkaError.TOPIC_ALREADY_EXISTS
    result(a.create_partitions([NewPartitions(name, 4)]))
    until(lambda: len(a.list_topics(name, timeout=SECONDS_MAX).topics[name].partitions) == 4, "it has grown")
    result(a.delete_topics([name]))
    until(lambda: name not in a.list_topics(timeout=SECONDS_MAX).topics, "it is gone")
    assert code_of(lambda: result(a.delete_topics([name]))) == KafkaError.UNKNOWN_TOPIC_OR_PART


def topic_only_validated():
    name = unique("dry")
    result(admin().create_topics([NewTopic(name, 1, 1)], validate_only=True))
    assert name not in admin().list_topics(timeout=SECONDS_MAX).topics


def configs():
    name = topic(retention_ms="5000")
    a, resource = admin(), ConfigResource(ResourceType.TOPIC, name)
    read_configs = lambda: result(a.describe_configs([resource]))
    assert read_configs()["retention.ms"].value == "5000"
    assert read_configs()["retention.ms"].source == 1 and read_configs()["cleanup.policy"].is_default
    change = lambda name_, value, how: ConfigEntry(name_, value, incremental_operation=how)
    result(
        a.incremental_alter_configs(
            [
                ConfigResource(
                    ResourceType.TOPIC,
                    name,
                    incremental_configs=[
                        change("cleanup.policy", "compact", AlterConfigOpType.APPEND),
                        change("segment.bytes", "2097152", AlterConfigOpType.SET),
                        change("retention.ms", None, AlterConfigOpType.DELETE),
                    ],
                )
            ]
        )
    )
    until(lambda: read_configs()["segment.bytes"].value == "2097152", "the change is there")
    assert sorted(read_configs()["cleanup.policy"].value.split(",")) == ["compact", "delete"]
    assert read_configs()["retention.ms"].value == "604800000"
    bad = ConfigResource(ResourceType.TOPIC, name, incremental_configs=[change("retention.ms", "soon", AlterConfigOpType.SET)])
    assert code_of(lambda: result(a.incremental_alter_configs([bad]))) == KafkaError.INVALID_CONFIG


def broker_configs():
    a = admin()
    [node] = a.describe_cluster().result(SECONDS_MAX).nodes
    found = result(a.describe_configs([ConfigResource(ResourceType.BROKER, str(node.id))]))
    for name in ("auto.create.topics.enable", "message.max.bytes", "num.partitions", "log.retention.hours"):
        assert name in found, name


def cluster():
    description = admin().describe_cluster().result(SECONDS_MAX)
    [node] = description.nodes
    assert f"{node.host}:{node.port}" == BOOTSTRAP
    assert description.controller.id == node.id and len(description.cluster_id) == 22


def describe_group(group):
    return result(admin().describe_consumer_groups([group]))


def groups():
    name, group = topic(2), unique("group")
    produce(name, [b"x"] * 10)
    member = Member(name, group_id=group, partition_assignment_strategy="range")
    until(lambda: len(member.partitions) == 2, "the member has joined")
    a = admin()
    description = describe_group(group)
    assert description.state == ConsumerGroupState.STABLE and description.partition_assignor == "range"
    [one] = description.members
    assert sorted(part.partition for part in one.assignment.topic_partitions) == [0, 1]
    listed = a.list_consumer_groups().result(SECONDS_MAX)
    assert listed.errors == [] and group in [found.group_id for found in listed.valid]
    stable = a.list_consumer_groups(states={ConsumerGroupState.STABLE}).result(SECONDS_MAX)
    assert group in [found.group_id for found in stable.valid]
    empty = a.list_consumer_groups(states={ConsumerGroupState.EMPTY}).result(SECONDS_MAX)
    assert group not in [found.group_id for found in empty.valid]
    assert code_of(lambda: result(a.delete_consumer_groups([group]))) == KafkaError.NON_EMPTY_GROUP
    member.leave()
    until(lambda: describe_group(group).state == ConsumerGroupState.EMPTY, "it is empty")
    result(a.delete_consumer_groups([group]))
    assert code_of(lambda: result(a.delete_consumer_groups([group]))) == KafkaError.GROUP_ID_NOT_FOUND


def group_offsets():
    name, group = topic(2), unique("group")
    produce(name, [b"x"] * 10)
    read_all(name, 10, group_id=group)
    a = admin()
    listed = result(a.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)]))
    assert sum(one.offset for one in listed.topic_partitions) == 10
    wanted = ConsumerGroupTopicPartitions(group, [TopicPartition(name, 0, 1)])
    result(a.alter_consumer_group_offsets([wanted]))
    asked = ConsumerGroupTopicPartitions(group, [TopicPartition(name, 0)])
    assert [one.offset for one in result(a.list_consumer_group_offsets([asked])).topic_partitions] == [1]


def delete_records():
    name = topic()
    produce(name, [str(index).encode() for index in range(10)])
    low = result(admin().delete_records([TopicPartition(name, 0, 4)]))
    assert low.low_watermark == 4
    assert read_all(name, 6)[0] == b"4"
    code = code_of(lambda: result(admin().delete_records([TopicPartition(name, 0, 99)])))
    assert code == KafkaError.OFFSET_OUT_OF_RANGE, code


def list_offsets():
    name = topic()
    p = producer()
    for stamp in (3000, 9000, 5000):
        p.produce(name, b"x", timestamp=1_700_000_000_000 + stamp)
        p.flush(SECONDS_MAX)
    partition = TopicPartition(name, 0)
    at = lambda spec: result(admin().list_offsets({partition: spec}))
    assert at(OffsetSpec.earliest()).offset == 0 and at(OffsetSpec.latest()).offset == 3
    assert at(OffsetSpec.max_timestamp()).offset == 1
    assert at(OffsetSpec.for_timestamp(1_700_000_004_000)).offset == 1
    result_ = admin().list_offsets({partition: OffsetSpec.latest()}, isolation_level=IsolationLevel.READ_COMMITTED)
    assert result(result_).offset == 3


# --- logging in


def login(mechanism, password):
    address, user, _ = sys.argv[3:6]
    return {
        "bootstrap.servers": address,
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": mechanism,
        "sasl.username": user,
        "sasl.password": password,
    }


def logs_in_with_every_mechanism():
    for mechanism in ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"):
        name = topic()
        p = Producer(login(mechanism, sys.argv[5]))
        p.produce(name, mechanism)
        assert p.flush(SECONDS_MAX) == 0, mechanism
        assert read_all(name, 1) == [mechanism.encode()]


def is_kept_out_with_a_wrong_password():
    for mechanism in ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"):
        codes = []
        p = Producer({**login(mechanism, "guess"), "error_cb": lambda error: codes.append(error.code())})
        until(lambda: p.poll(0.1) is not None and KafkaError._AUTHENTICATION in codes, f"{mechanism} is refused")


# --- while the broker is killed


def produces_on():
    """Every message is there once and in order, though the broker dies between; says when it may."""
    name = topic()
    p = producer(enable_idempotence=True, batch_num_messages=50, linger_ms=1)
    errors = []
    for index in range(6000):
        p.produce(name, str(index), on_delivery=lambda e, _: e and errors.append(e))
        p.poll(0)
        if index == 1000:
            p.flush(SECONDS_MAX)
            print("now", flush=True)
        if index >= 1000 and index % 25 == 0:
            time.sleep(0.02)
    assert p.flush(SECONDS_MAX) == 0 and errors == [], errors[:3]
    assert [int(value) for value in read_all(name, 6000)] == list(range(6000))


def consumes_on():
    """A group reads everything, though the broker dies between."""
    name, group = topic(3), unique("group")
    produce(name, [str(index).encode() for index in range(3000)])
    c = consumer(group_id=group, enable_auto_commit=False, heartbeat_interval_ms=500)
    c.subscribe([name])
    seen = {message.value() for message in read(c, 1500)}
    c.commit(asynchronous=False)
    print("now", flush=True)
    deadline = time.monotonic() + SECONDS_MAX
    while len(seen) < 3000 and time.monotonic() < deadline:
        message = c.poll(0.2)
        if message is not None and not message.error():
            seen.add(message.value())
    assert len(seen) == 3000, len(seen)

    def committed():
        try:
            c.commit(asynchronous=False)
            return True
        except KafkaException as error:
            assert error.args[0].retriable() or error.args[0].code() < 0 or error.args[0].code() in (22, 25, 27), error
            c.poll(0.2)
            return False

    until(committed, "the positions are committed")
    c.close()


if __name__ == "__main__":
    globals()[sys.argv[2]]()
