package gate_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/musterhq/muster/internal/world"
)

// stopping begins to stop the house and returns what waits for its end.
func (h *house) stopping() (wait func()) {
	done := make(chan struct{})
	go func() {
		h.stop()
		close(done)
	}()
	synctest.Wait()
	return func() { <-done }
}

// silent checks that nothing came but the end, and that without a close frame.
func (s *sdk) silent() {
	s.h.Helper()
	s.quiet()
	s.dropped()
}

// TestStopAnswersWhatIsUnderWay: a game server does not hear that what was
// done has failed.
func TestStopAnswersWhatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, newJournal(), nil)
		defer func() { h.stop() }()
		h.furnish()
		early, late := h.ready("early"), h.ready("late")
		release := h.journal.stall()
		defer release()
		early.send("e", "TerminateServerProcess", nil)
		synctest.Wait()
		wait := h.stopping()
		late.send("l", "TerminateServerProcess", nil)
		early.send("e", "TerminateServerProcess", nil) // it waits with the first one
		early.quiet()
		time.Sleep(3 * time.Second)
		if !early.open() || !late.open() {
			t.Fatal("dropped before it was answered")
		}
		release()
		early.answer("e", "TerminateServerProcess").want(200)
		wait()
		early.silent()
		late.silent() // and what was not begun is not done
		h.restart()
		if p := h.process("early"); p.Status != world.ProcessEnded {
			t.Errorf("the one that was answered is %s", p.Status)
		}
		late = h.connect("late")
		late.send("l", "TerminateServerProcess", nil)
		late.answer("l", "TerminateServerProcess").want(200)
	})
}

// TestStopGivesUp: what the journal does not take in time is not answered, as
// it may be done or not.
func TestStopGivesUp(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		s := h.ready(process)
		h.journal.breakDown(true)
		s.send("1", "TerminateServerProcess", nil)
		s.send("2", "DescribePlayerSessions", fields{"PlayerId": "p"}) // behind it
		begun := time.Now()
		h.stopping()()
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("it took %s", took)
		}
		s.silent()
	})
	inHouse(t, nil, func(h *house) {
		s := h.ready(process)
		release := h.journal.stall()
		defer release()
		s.send("1", "TerminateServerProcess", nil)
		wait := h.stopping()
		time.Sleep(5 * time.Second)
		s.silent()
		release()
		wait()
	})
}

// TestStopWaitsForReaders: an answer that is being written is, if its client
// reads it; one that does not read does not hold anybody up.
func TestStopWaitsForReaders(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		slow, deaf := h.raw("/?"+query("slow")), h.raw("/?"+query("deaf"))
		for _, c := range []*rawClient{slow, deaf} {
			c.handshake()
			c.conn.Write(textFrame(`{"Action":"GetComputeCertificate","RequestId":"1"}`))
			c.conn.Write(textFrame(`{"Action":"GetComputeCertificate","RequestId":"2"}`))
		}
		synctest.Wait()
		begun := time.Now()
		wait := h.stopping()
		time.Sleep(2 * time.Second)
		for range 2 {
			if frame := slow.frame(); !strings.Contains(frame, `"StatusCode":200`) {
				t.Errorf("got %s", frame)
			}
		}
		if b, err := io.ReadAll(slow.r); len(b) > 0 || err != nil {
			t.Errorf("got %q, %v, want an end", b, err)
		}
		wait()
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

// TestStopWithMuchToRead has a client with more requests than are worked on
// at a time: those that were not begun do not hold up the end.
func TestStopWithMuchToRead(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		busy := h.raw("/?" + query("busy"))
		busy.handshake()
		go io.Copy(io.Discard, busy.r)
		release := h.journal.stall()
		defer release()
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			for i := range 2000 {
				busy.conn.Write(textFrame(fmt.Sprintf(`{"Action":"ActivateServerProcess","RequestId":"%d"}`, i)))
			}
		}()
		synctest.Wait()
		wait := h.stopping()
		<-sent
		release()
		wait()
	})
}

// TestStopOfTheLedger: a ledger that has stopped by itself knows nothing any
// more, neither good nor bad.
func TestStopOfTheLedger(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		s := h.ready(process)
		h.stopLedger()
		s.send("1", "TerminateServerProcess", nil)
		s.quiet()
	})
}
