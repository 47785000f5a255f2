// Package faulty is a journal that fails on purpose, and always in the same
// way: for simulations of the ledger, in which a seed names a history of
// faults. It keeps what it is given in memory.
//
// Start with [Disk], and with [Chances] for faults by chance.
package faulty

import (
	"context"
	"errors"
	"sync"

	"github.com/musterhq/muster/internal/journal"
)

var (
	// ErrFault is the answer of a call that was made to fail. It tells nothing
	// of the outcome.
	ErrFault = errors.New("injected fault")
	// ErrCrashed is the answer of every call after a crash, and of those that
	// were on their way.
	ErrCrashed = errors.New("injected crash")
)

// An Op is a method of a journal.
type Op string

// The methods that can be made to fail: all but Close.
const (
	Append       Op = "Append"
	Last         Op = "Last"
	Read         Op = "Read"
	SaveSnapshot Op = "SaveSnapshot"
	LoadSnapshot Op = "LoadSnapshot"
	Find         Op = "Find"
	List         Op = "List"
	Trim         Op = "Trim"
)

// A Call is the N-th call of a method, from 1, over the life of the disk.
type Call struct {
	Op Op
	N  int
}

// A Fault is what goes wrong with a call.
type Fault int

const (
	None Fault = iota
	// Refuse answers ErrFault, and nothing happened.
	Refuse
	// Tear answers ErrFault after a part: some blocks of a Read, some bytes of
	// a snapshot. What is atomic did not happen.
	Tear
	// Lose answers ErrFault, and all of it happened.
	Lose
	// Late answers ErrFault, and an Append happens when the next Append comes:
	// a database may finish what it was asked after the connection is gone.
	// Another call did not happen.
	Late
	// CrashBefore ends the life of the journal before anything happened.
	CrashBefore
	// CrashAfter ends the life of the journal when all of it happened.
	CrashAfter
)

// A Fate is all that is special about a call. The zero value is nothing.
type Fate struct {
	Fault      Fault
	Hold       bool // wait in Disk.Pause before anything happens
	HoldAnswer bool // wait in Disk.Pause before the answer, with all of it done
}

// A Disk is what survives a crash. The zero value is empty, and nothing goes
// wrong with it.
type Disk struct {
	// Plan is the fate of each call; nil: nothing goes wrong. It is called
	// with one call at a time, and the same plan makes the same history, however
	// calls of different methods mix.
	Plan func(Call) Fate
	// Pause is where calls are held, for as long as it likes; nil: they are
	// not held. It may be called from several goroutines.
	Pause func(context.Context, Call)

	mu    sync.Mutex
	store *journal.Memory
	live  *Journal
	calls map[Op]int
	late  *journal.Block // not there yet
}

// Open starts a new life: what was durable is there, and the journal that was
// open before has crashed.
func (d *Disk) Open() *Journal {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.crash()
	j := &Journal{disk: d, store: d.store}
	d.live = j
	return j
}

// Crash ends the life of the open journal: calls on their way do not get
// further than they are.
func (d *Disk) Crash() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.crash()
}

func (d *Disk) crash() {
	if d.store == nil {
		d.store = new(journal.Memory)
	}
	d.store = d.store.Reopen() // the old handle writes no more
	if d.live != nil {
		d.live.crashed = true
		d.live = nil
	}
}

// next counts a call, and returns its fate.
func (d *Disk) next(op Op) (Call, Fate) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.calls == nil {
		d.calls = map[Op]int{}
	}
	d.calls[op]++
	call := Call{Op: op, N: d.calls[op]}
	if d.Plan == nil {
		return call, Fate{}
	}
	return call, d.Plan(call)
}

func (d *Disk) hold(ctx context.Context, call Call, yes bool) {
	if yes && d.Pause != nil {
		d.Pause(ctx, call)
	}
}

// delay keeps a block for when the next one comes.
func (d *Disk) delay(b journal.Block) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.late = &b
}

// land appends the block that was late. If another has its place by now it is gone.
func (d *Disk) land(ctx context.Context, store *journal.Memory) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.late == nil {
		return nil
	}
	err := store.Append(ctx, *d.late)
	if err == nil || errors.Is(err, journal.ErrConflict) {
		d.late = nil
		return nil
	}
	return err
}
