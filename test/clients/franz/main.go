// What users of franz-go do, one function per scenario.
//
// franz BOOTSTRAP SCENARIO: exit code 0 if it held, else what did not. "franz list" names the scenarios. The expectations hold
// for Apache Kafka 4; the suite runs them unchanged against the embedded broker.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

const durationMax = 40 * time.Second

var bootstrap string

type scenario struct {
	name string
	run  func(ctx context.Context) error
}

var scenarios = []scenario{
	{"every byte comes back", everyByte},
	{"all codecs come back", codecs},
	{"idempotent producing keeps order", idempotentOrder},
	{"several clients produce at once", manyProducers},
	{"a group shares its partitions", groupShares},
	{"a group resumes", groupResumes},
	{"a transaction commits and aborts", transactions},
	{"consume, transform, produce is exactly once", transactSession},
	{"topics are administered", topicsAdmin},
	{"settings are administered", configsAdmin},
	{"offsets and groups are administered", groupsAdmin},
	{"records and offsets are administered", offsetsAdmin},
	{"producers and transactions are described", transactionsAdmin},
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "list" {
		for _, one := range scenarios {
			fmt.Println(one.name)
		}
		return
	}
	bootstrap = os.Args[1]
	ctx, cancel := context.WithTimeout(context.Background(), 2*durationMax)
	defer cancel()
	for _, one := range scenarios {
		if one.name == os.Args[2] {
			if err := one.run(ctx); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			return
		}
	}
	fmt.Fprintln(os.Stderr, "no such scenario")
	os.Exit(2)
}

// --- what they share

var names atomic.Int64

func unique(what string) string {
	return fmt.Sprintf("%s-%d-%d", what, time.Now().UnixNano(), names.Add(1))
}

func client(options ...kgo.Opt) (*kgo.Client, error) {
	return kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(bootstrap), kgo.FetchMaxWait(500 * time.Millisecond)}, options...)...)
}

func withAdmin(run func(*kadm.Client) error) error {
	connected, err := client()
	if err != nil {
		return err
	}
	defer connected.Close()
	return run(kadm.NewClient(connected))
}

func topic(ctx context.Context, partitions int32) (string, error) {
	name := unique("go")
	return name, withAdmin(func(admin *kadm.Client) error {
		_, err := admin.CreateTopic(ctx, partitions, 1, nil, name)
		return err
	})
}

func produce(ctx context.Context, name string, count int, options ...kgo.Opt) error {
	producer, err := client(options...)
	if err != nil {
		return err
	}
	defer producer.Close()
	records := make([]*kgo.Record, count)
	for i := range records {
		records[i] = &kgo.Record{Topic: name, Key: fmt.Append(nil, i%7), Value: fmt.Append(nil, i)}
	}
	return producer.ProduceSync(ctx, records...).FirstErr()
}

func read(ctx context.Context, count int, options ...kgo.Opt) ([]*kgo.Record, error) {
	consumer, err := client(append(options, kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))...)
	if err != nil {
		return nil, err
	}
	defer consumer.Close()
	return poll(ctx, consumer, count)
}

func poll(ctx context.Context, consumer *kgo.Client, count int) ([]*kgo.Record, error) {
	ctx, cancel := context.WithTimeout(ctx, durationMax)
	defer cancel()
	var records []*kgo.Record
	for len(records) < count {
		fetches := consumer.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return records, fmt.Errorf("%d of %d records came: %w", len(records), count, err)
		}
		records = append(records, fetches.Records()...)
	}
	return records, check(len(records) == count, "%d records came where %d are", len(records), count)
}

func check(holds bool, format string, values ...any) error {
	if holds {
		return nil
	}
	return fmt.Errorf(format, values...)
}

func until(what string, condition func() (bool, error)) error {
	for deadline := time.Now().Add(durationMax); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if holds, err := condition(); holds || err != nil {
			return err
		}
	}
	return fmt.Errorf("it never came to be that %s", what)
}

func distinct(records []*kgo.Record) int {
	values := map[string]bool{}
	for _, record := range records {
		values[string(record.Value)] = true
	}
	return len(values)
}

// --- scenarios

func everyByte(ctx context.Context) error {
	name, err := topic(ctx, 1)
	if err != nil {
		return err
	}
	producer, err := client()
	if err != nil {
		return err
	}
	defer producer.Close()
	value := bytes.Repeat([]byte{0, 1, 254, 255}, 5000)
	sent := &kgo.Record{
		Topic: name, Key: []byte{0, 255}, Value: value, Timestamp: time.UnixMilli(1_700_000_000_123),
		Headers: []kgo.RecordHeader{{Key: "a", Value: []byte("1")}, {Key: "none"}},
	}
	if err := producer.ProduceSync(ctx, sent, &kgo.Record{Topic: name, Key: []byte("k")}).FirstErr(); err != nil {
		return err
	}
	got, err := read(ctx, 2, kgo.ConsumeTopics(name))
	if err != nil {
		return err
	}
	first := got[0]
	return errors.Join(
		check(bytes.Equal(first.Value, value) && bytes.Equal(first.Key, sent.Key), "key or value differ"),
		check(first.Timestamp.Equal(sent.Timestamp), "the time is %v", first.Timestamp),
		check(len(first.Headers) == 2 && first.Headers[1].Value == nil, "the headers are %v", first.Headers),
		check(got[1].Value == nil && got[1].Offset == 1, "the tombstone is %v", got[1]),
	)
}

func codecs(ctx context.Context) error {
	for label, codec := range map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	} {
		name, err := topic(ctx, 1)
		if err != nil {
			return err
		}
		if err := produce(ctx, name, 3000, kgo.ProducerBatchCompression(codec)); err != nil {
			return fmt.Errorf("%s: %w", label, err)
		}
		got, err := read(ctx, 3000, kgo.ConsumeTopics(name))
		if err != nil {
			return fmt.Errorf("%s: %w", label, err)
		}
		for i, record := range got {
			if err := check(string(record.Value) == fmt.Sprint(i), "%s: record %d is %s", label, i, record.Value); err != nil {
				return err
			}
		}
	}
	return nil
}

func idempotentOrder(ctx context.Context) error {
	name, err := topic(ctx, 1)
	if err != nil {
		return err
	}
	if err := produce(ctx, name, 20_000, kgo.ProducerBatchMaxBytes(4000)); err != nil {
		return err
	}
	got, err := read(ctx, 20_000, kgo.ConsumeTopics(name))
	if err != nil {
		return err
	}
	for i, record := range got {
		if err := check(string(record.Value) == fmt.Sprint(i), "record %d is %s", i, record.Value); err != nil {
			return err
		}
	}
	return nil
}

func manyProducers(ctx context.Context) error {
	name, err := topic(ctx, 3)
	if err != nil {
		return err
	}
	failures := make([]error, 8)
	var all sync.WaitGroup
	for i := range failures {
		all.Go(func() { failures[i] = produce(ctx, name, 500) })
	}
	all.Wait()
	if err := errors.Join(failures...); err != nil {
		return err
	}
	got, err := read(ctx, 4000, kgo.ConsumeTopics(name))
	if err != nil {
		return err
	}
	next := map[int32]int64{}
	for _, record := range got {
		if err := check(record.Offset == next[record.Partition], "offset %d follows %d", record.Offset, next[record.Partition]); err != nil {
			return err
		}
		next[record.Partition]++
	}
	return nil
}

type member struct {
	client *kgo.Client
	mutex  sync.Mutex
	has    map[int32]bool
	count  int
	done   chan struct{}
}

func join(name, group string) (*member, error) {
	one := &member{has: map[int32]bool{}, done: make(chan struct{})}
	change := func(assigned bool) func(context.Context, *kgo.Client, map[string][]int32) {
		return func(_ context.Context, _ *kgo.Client, changed map[string][]int32) {
			one.mutex.Lock()
			defer one.mutex.Unlock()
			for _, partition := range changed[name] {
				if assigned {
					one.has[partition] = true
				} else {
					delete(one.has, partition)
				}
			}
		}
	}
	var err error
	one.client, err = client(
		kgo.ConsumerGroup(group), kgo.ConsumeTopics(name), kgo.Balancers(kgo.CooperativeStickyBalancer()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.HeartbeatInterval(300*time.Millisecond),
		kgo.OnPartitionsAssigned(change(true)), kgo.OnPartitionsRevoked(change(false)), kgo.OnPartitionsLost(change(false)),
	)
	if err != nil {
		return nil, err
	}
	go func() {
		defer close(one.done)
		for !one.client.PollFetches(context.Background()).IsClientClosed() {
		}
	}()
	return one, nil
}

func (one *member) partitions() int {
	one.mutex.Lock()
	defer one.mutex.Unlock()
	return len(one.has)
}

func (one *member) leave() {
	one.client.Close()
	<-one.done
}

func groupShares(ctx context.Context) error {
	name, err := topic(ctx, 4)
	if err != nil {
		return err
	}
	group := unique("group")
	first, err := join(name, group)
	if err != nil {
		return err
	}
	defer first.leave()
	if err := until("the first has everything", func() (bool, error) { return first.partitions() == 4, nil }); err != nil {
		return err
	}
	second, err := join(name, group)
	if err != nil {
		return err
	}
	err = until("both have half", func() (bool, error) { return first.partitions() == 2 && second.partitions() == 2, nil })
	second.leave()
	if err != nil {
		return err
	}
	return until("the first has everything again", func() (bool, error) { return first.partitions() == 4, nil })
}

func groupResumes(ctx context.Context) error {
	name, err := topic(ctx, 2)
	if err != nil {
		return err
	}
	group := unique("group")
	for round := range 3 {
		if err := produce(ctx, name, 50); err != nil {
			return err
		}
		consumer, err := client(kgo.ConsumerGroup(group), kgo.ConsumeTopics(name), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
		if err != nil {
			return err
		}
		_, err = poll(ctx, consumer, 50)
		err = errors.Join(err, consumer.CommitUncommittedOffsets(ctx))
		consumer.Close()
		if err != nil {
			return fmt.Errorf("round %d: %w", round, err)
		}
	}
	return nil
}

func transactions(ctx context.Context) error {
	name, err := topic(ctx, 2)
	if err != nil {
		return err
	}
	producer, err := client(kgo.TransactionalID(unique("tx")))
	if err != nil {
		return err
	}
	defer producer.Close()
	for round := range 6 {
		if err := producer.BeginTransaction(); err != nil {
			return err
		}
		for i := range 10 {
			record := &kgo.Record{Topic: name, Value: fmt.Appendf(nil, "%d.%d", round, i)}
			if err := producer.ProduceSync(ctx, record).FirstErr(); err != nil {
				return err
			}
		}
		if err := producer.EndTransaction(ctx, kgo.TransactionEndTry(round%2 == 0)); err != nil {
			return err
		}
	}
	committed, err := read(ctx, 30, kgo.ConsumeTopics(name), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	if err != nil {
		return err
	}
	for _, record := range committed {
		if err := check(strings.ContainsRune("024", rune(record.Value[0])), "%s was aborted", record.Value); err != nil {
			return err
		}
	}
	_, err = read(ctx, 60, kgo.ConsumeTopics(name))
	return err
}

func transactSession(ctx context.Context) error {
	source, err := topic(ctx, 2)
	if err != nil {
		return err
	}
	sink, err := topic(ctx, 2)
	if err != nil {
		return err
	}
	if err := produce(ctx, source, 500); err != nil {
		return err
	}
	session, err := kgo.NewGroupTransactSession(
		kgo.SeedBrokers(bootstrap), kgo.TransactionalID(unique("tx")), kgo.ConsumerGroup(unique("group")), kgo.ConsumeTopics(source),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.RequireStableFetchOffsets(),
	)
	if err != nil {
		return err
	}
	defer session.Close()
	for copied := 0; copied < 500; {
		fetches := session.PollRecords(ctx, 100)
		if err := fetches.Err(); err != nil {
			return err
		}
		if err := session.Begin(); err != nil {
			return err
		}
		records := fetches.Records()
		for _, record := range records {
			session.Produce(ctx, &kgo.Record{Topic: sink, Key: record.Key, Value: record.Value}, nil)
		}
		committed, err := session.End(ctx, kgo.TryCommit)
		if err != nil {
			return err
		}
		if committed {
			copied += len(records)
		}
	}
	got, err := read(ctx, 500, kgo.ConsumeTopics(sink), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	if err != nil {
		return err
	}
	return check(distinct(got) == 500, "%d of 500 are there", distinct(got))
}

func topicsAdmin(ctx context.Context) error {
	name := unique("go")
	return withAdmin(func(admin *kadm.Client) error {
		retention := "777"
		created, err := admin.CreateTopic(ctx, 2, 1, map[string]*string{"retention.ms": &retention}, name)
		if err != nil {
			return err
		}
		_, again := admin.CreateTopic(ctx, 2, 1, nil, name)
		if err := check(errors.Is(again, kerr.TopicAlreadyExists), "made twice: %v", again); err != nil {
			return err
		}
		grown, err := admin.CreatePartitions(ctx, 3, name)
		if err != nil || grown.Error() != nil {
			return errors.Join(err, grown.Error())
		}
		err = until("it has grown", func() (bool, error) {
			listed, err := admin.ListTopics(ctx, name)
			return err == nil && len(listed[name].Partitions) == 5 && listed[name].ID == created.ID, err
		})
		if err != nil {
			return err
		}
		brokers, err := admin.ListBrokers(ctx)
		if err != nil {
			return err
		}
		if err := check(len(brokers) == 1, "there are %d brokers", len(brokers)); err != nil {
			return err
		}
		_, err = admin.DeleteTopic(ctx, name)
		if err != nil {
			return err
		}
		return until("it is gone", func() (bool, error) {
			listed, err := admin.ListTopics(ctx)
			return err == nil && !listed.Has(name), err
		})
	})
}

func configsAdmin(ctx context.Context) error {
	name, err := topic(ctx, 1)
	if err != nil {
		return err
	}
	return withAdmin(func(admin *kadm.Client) error {
		value := "compact"
		_, err := admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "cleanup.policy", Value: &value}}, name)
		if err != nil {
			return err
		}
		return until("it has changed", func() (bool, error) {
			described, err := admin.DescribeTopicConfigs(ctx, name)
			if err != nil {
				return false, err
			}
			at := slices.IndexFunc(described[0].Configs, func(one kadm.Config) bool { return one.Key == "cleanup.policy" })
			return at >= 0 && *described[0].Configs[at].Value == "compact", nil
		})
	})
}

func groupsAdmin(ctx context.Context) error {
	name, err := topic(ctx, 1)
	if err != nil {
		return err
	}
	if err := produce(ctx, name, 10); err != nil {
		return err
	}
	group := unique("group")
	return withAdmin(func(admin *kadm.Client) error {
		offsets := kadm.OffsetsFromRecords(kgo.Record{Topic: name, Partition: 0, Offset: 3, LeaderEpoch: 0})
		if err := admin.CommitAllOffsets(ctx, group, offsets); err != nil {
			return err
		}
		lags, err := admin.Lag(ctx, group)
		if err != nil || lags.Error() != nil {
			return errors.Join(err, lags.Error())
		}
		if err := check(lags[group].Lag.Total() == 6, "the lag is %d", lags[group].Lag.Total()); err != nil {
			return err
		}
		listed, err := admin.ListGroups(ctx)
		if err != nil {
			return err
		}
		if err := check(slices.Contains(listed.Groups(), group), "it is not among %v", listed.Groups()); err != nil {
			return err
		}
		set := make(kadm.TopicsSet)
		set.Add(name, 0)
		deleted, err := admin.DeleteOffsets(ctx, group, set)
		if err != nil || deleted.Error() != nil {
			return errors.Join(err, deleted.Error())
		}
		left, err := admin.FetchOffsets(ctx, group)
		if err != nil {
			return err
		}
		if err := check(len(left) == 0, "offsets are left: %v", left); err != nil {
			return err
		}
		// Apache Kafka drops a group with its last offset: to delete it then is an error that says so
		_, err = admin.DeleteGroup(ctx, group)
		return check(err == nil || errors.Is(err, kerr.GroupIDNotFound), "deleting gives %v", err)
	})
}

func offsetsAdmin(ctx context.Context) error {
	name, err := topic(ctx, 1)
	if err != nil {
		return err
	}
	if err := produce(ctx, name, 10); err != nil {
		return err
	}
	return withAdmin(func(admin *kadm.Client) error {
		offsets := make(kadm.Offsets)
		offsets.AddOffset(name, 0, 4, -1)
		deleted, err := admin.DeleteRecords(ctx, offsets)
		if err != nil || deleted.Error() != nil {
			return errors.Join(err, deleted.Error())
		}
		starts, err := admin.ListStartOffsets(ctx, name)
		if err != nil {
			return err
		}
		ends, err := admin.ListEndOffsets(ctx, name)
		if err != nil {
			return err
		}
		newest, err := admin.ListMaxTimestampOffsets(ctx, name)
		if err != nil {
			return err
		}
		start, _ := starts.Lookup(name, 0)
		end, _ := ends.Lookup(name, 0)
		last, _ := newest.Lookup(name, 0)
		return check(start.Offset == 4 && end.Offset == 10 && last.Offset < 10, "%d to %d, newest %d", start.Offset, end.Offset, last.Offset)
	})
}

func transactionsAdmin(ctx context.Context) error {
	name, err := topic(ctx, 1)
	if err != nil {
		return err
	}
	id := unique("tx")
	producer, err := client(kgo.TransactionalID(id))
	if err != nil {
		return err
	}
	defer producer.Close()
	if err := producer.BeginTransaction(); err != nil {
		return err
	}
	if err := producer.ProduceSync(ctx, &kgo.Record{Topic: name, Value: []byte("x")}).FirstErr(); err != nil {
		return err
	}
	return withAdmin(func(admin *kadm.Client) error {
		listed, err := admin.ListTransactions(ctx, nil, []string{"Ongoing"})
		if err != nil {
			return err
		}
		if err := check(slices.Contains(listed.TransactionalIDs(), id), "it is not among %v", listed.TransactionalIDs()); err != nil {
			return err
		}
		described, err := admin.DescribeTransactions(ctx, id)
		if err != nil {
			return err
		}
		set := make(kadm.TopicsSet)
		set.Add(name, 0)
		producers, err := admin.DescribeProducers(ctx, set)
		if err != nil {
			return err
		}
		active := producers.SortedProducers()
		return errors.Join(
			check(described[id].State == "Ongoing", "the transaction is %v", described[id]),
			check(len(active) == 1 && active[0].CurrentTxnStartOffset == 0, "the producers are %v", active),
		)
	})
}
