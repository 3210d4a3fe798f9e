package sqlite

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"sync/atomic"
	"time"
)

const (
	// maxGroup bounds the jobs of one commit.
	maxGroup = 512
	// pauseAfter is how long the lock may go from group to group. Then the writer
	// leaves it alone for pauseFor, longer than busyStep, so that a waiting process
	// finds it free.
	pauseAfter = 20 * time.Millisecond
	pauseFor   = time.Millisecond
)

// errNoAnswer is the outcome of a job that left by runtime.Goexit.
var errNoAnswer = errors.New("write job left without an answer")

// job is one call of DB.Write.
type job struct {
	expired func() error // its context's Err, for the moment before it begins
	run     func(*Tx) error
	took    atomic.Bool // by the writer, or by a caller who gave up before it began
	done    chan error  // has room for the answer
}

// writer runs jobs one after the other on the one connection that writes.
type writer struct {
	conn      *conn
	log       *slog.Logger
	now       func() time.Time
	committed func(map[string]uint64) // told of bumps before their callers are
	jobs      chan *job
	quit      chan struct{} // closed by stop
	ended     chan struct{} // closed when the last job was answered

	freeAt time.Time // when the lock was last left alone for a while
}

func newWriter(c *conn, o Options, committed func(map[string]uint64)) *writer {
	w := &writer{
		conn: c, log: o.Log, now: o.Now, committed: committed,
		jobs: make(chan *job, maxGroup), quit: make(chan struct{}), ended: make(chan struct{}),
	}
	go w.loop()
	return w
}

// write queues a job and waits for its answer.
func (w *writer) write(ctx context.Context, run func(*Tx) error) error {
	select { // a full queue must not hide that it is over
	case <-w.quit:
		return ErrClosed
	default:
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	j := &job{expired: ctx.Err, run: run, done: make(chan error, 1)}
	select {
	case w.jobs <- j:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.quit:
		return ErrClosed
	}
	select {
	case err := <-j.done:
		return err
	case <-w.ended:
	case <-ctx.Done():
		if j.take() {
			return ctx.Err()
		}
	}
	select { // it has begun: the answer comes, unless the writer ended before it
	case err := <-j.done:
		return err
	case <-w.ended:
	}
	select {
	case err := <-j.done:
		return err
	default:
		return ErrClosed
	}
}

// take decides who answers a job; only the first caller gets true.
func (j *job) take() bool { return j.took.CompareAndSwap(false, true) }

// stop finishes what is queued and closes the connection.
func (w *writer) stop() error {
	close(w.quit)
	<-w.ended
	return w.conn.close()
}

func (w *writer) loop() {
	defer close(w.ended)
	for {
		first, ok := w.next()
		if !ok {
			return
		}
		w.group(w.collect(first))
	}
}

// next waits for a job. When the lock has gone from group to group for long, it
// leaves it alone before the next one.
func (w *writer) next() (*job, bool) {
	waiting := w.clock()
	j, ok := w.receive()
	now := w.clock()
	switch {
	case now.Sub(waiting) >= pauseFor:
		w.freeAt = now
	case now.Sub(w.freeAt) > pauseAfter:
		time.Sleep(pauseFor)
		w.freeAt = w.clock()
	}
	return j, ok
}

// clock stands still without a Now, and nothing pauses.
func (w *writer) clock() time.Time {
	if w.now == nil {
		return w.freeAt
	}
	return w.now()
}

// receive returns the jobs that were queued before the end, too.
func (w *writer) receive() (*job, bool) {
	select {
	case j := <-w.jobs:
		return j, true
	case <-w.quit:
	}
	select {
	case j := <-w.jobs:
		return j, true
	default:
		return nil, false
	}
}

// collect adds what is queued already; nobody waits for others to come.
func (w *writer) collect(first *job) []*job {
	batch := []*job{first}
	for len(batch) < maxGroup {
		select {
		case j := <-w.jobs:
			batch = append(batch, j)
		default:
			return batch
		}
	}
	return batch
}

// group runs jobs in one transaction. When SQLite ends that before its time, the
// jobs that ran have failed and the others get another transaction.
func (w *writer) group(batch []*job) {
	for len(batch) > 0 {
		if err := w.begin(); err != nil {
			for _, j := range batch {
				if j.take() {
					j.done <- err
				}
			}
			return
		}
		batch = batch[w.transaction(batch):]
	}
}

// transaction returns how many jobs it has answered.
func (w *writer) transaction(batch []*job) int {
	errs := make([]error, len(batch))
	bumps := map[string]uint64{}
	var dead error
	ran := 0
	for ran < len(batch) && dead == nil {
		errs[ran], dead = w.one(batch[ran], bumps)
		ran++
	}
	if dead == nil {
		dead = classify(w.conn.exec("COMMIT"))
	}
	if dead != nil {
		_ = w.conn.exec("ROLLBACK") // it is over already, or is now
	} else {
		w.committed(bumps)
	}
	for i, j := range batch[:ran] {
		if errs[i] == nil {
			errs[i] = dead
		}
		if !errors.Is(errs[i], errTaken) {
			j.done <- errs[i]
		}
	}
	return ran
}

// errTaken stands for the answer of a job whose caller has left.
var errTaken = errors.New("nobody waits for this job")

// one runs a job inside a savepoint. dead is the error that ended the whole
// transaction, if one did.
func (w *writer) one(j *job, bumps map[string]uint64) (err, dead error) {
	if !j.take() {
		return errTaken, nil
	}
	if err := j.expired(); err != nil {
		return err, nil
	}
	if err := w.conn.exec("SAVEPOINT job"); err != nil {
		return nil, classify(err)
	}
	tx := &Tx{conn: w.conn}
	err = w.call(j, tx)
	if dead := tx.close(); dead != nil {
		return err, dead
	}
	if err != nil {
		if undo := w.conn.exec("ROLLBACK TO job"); undo != nil {
			return err, classify(undo)
		}
	}
	if dead := w.conn.exec("RELEASE job"); dead != nil {
		return err, classify(dead)
	}
	if err == nil {
		maps.Copy(bumps, tx.bumps)
	}
	return err, nil
}

// call runs the job's function in a goroutine of its own: neither a panic nor
// runtime.Goexit may end the writer.
func (w *writer) call(j *job, tx *Tx) error {
	err := errNoAnswer
	over := make(chan struct{})
	go func() {
		defer close(over)
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic in a write job: %v", p)
				w.log.Error("write job panicked", "panic", p, "stack", string(debug.Stack()))
			}
		}()
		err = j.run(tx)
	}()
	<-over
	return err
}

// begin waits for the lock. SQLite's own waiting would do, were it fair.
func (w *writer) begin() error {
	since := w.clock()
	for tries := int(busyFor / busyStep); ; tries-- {
		err := classify(w.conn.exec("BEGIN IMMEDIATE"))
		if !errors.Is(err, ErrBusy) || tries == 0 || w.clock().Sub(since) > busyFor {
			return err
		}
		time.Sleep(busyStep)
	}
}

// exec runs one of the writer's own statements.
func (c *conn) exec(q string) error {
	stmt, err := c.prepare(q)
	if err != nil {
		return err
	}
	_, err = stmt.ExecContext(context.Background())
	return err
}
