package world

import "time"

// A ProcessKey names a server process: the query of its websocket.
type ProcessKey struct {
	Fleet   string `cbor:"1,keyasint"`
	Compute string `cbor:"2,keyasint"`
	Process string `cbor:"3,keyasint"` // pID
}

// ProcessStatus is where a server process is in its life. Whether its socket
// is connected is another matter.
type ProcessStatus string

// A process goes down this list, Hosting at most once.
const (
	ProcessConnected ProcessStatus = "CONNECTED" // InitSDK
	ProcessActivated ProcessStatus = "ACTIVATED" // ProcessReady; not yet heard a heartbeat
	ProcessIdle      ProcessStatus = "IDLE"      // ready for a game session
	ProcessHosting   ProcessStatus = "HOSTING"   // has its one game session
	ProcessEnding    ProcessStatus = "ENDING"    // asked to end
	ProcessEnded     ProcessStatus = "ENDED"     // remembered, so that it cannot come back
)

// A Process is a server process: one run of a game server.
type Process struct {
	Key       ProcessKey    `cbor:"1,keyasint"`
	Serial    uint64        `cbor:"2,keyasint"`
	Status    ProcessStatus `cbor:"3,keyasint"`
	Conn      string        `cbor:"4,keyasint,omitempty"` // its newest socket; "" while there is none
	Location  string        `cbor:"5,keyasint"`
	IP        string        `cbor:"6,keyasint,omitempty"`
	DNS       string        `cbor:"7,keyasint,omitempty"`
	Port      int           `cbor:"8,keyasint,omitempty"`
	LogPaths  []string      `cbor:"9,keyasint,omitempty"`
	SDK       SDK           `cbor:"10,keyasint"`
	TokenHash string        `cbor:"11,keyasint,omitempty"` // of the token it first connected with
	NextToken string        `cbor:"22,keyasint,omitempty"` // hash of the newest other one
	Created   Instant       `cbor:"12,keyasint"`
	Session   string        `cbor:"13,keyasint,omitempty"` // game session id
	Bad       int           `cbor:"14,keyasint,omitempty"` // missed or false health reports in a row
	Missed    bool          `cbor:"23,keyasint,omitempty"` // the last of them was missed, so far
	IdleOrder uint64        `cbor:"15,keyasint,omitempty"`
	Told      bool          `cbor:"24,keyasint,omitempty"` // while Ending: it knows

	// Deadlines; zero: none.
	ReadyBy     Instant `cbor:"16,keyasint,omitempty"` // must have called ProcessReady
	HealthBy    Instant `cbor:"17,keyasint,omitempty"` // next health report
	ReconnectBy Instant `cbor:"18,keyasint,omitempty"` // while disconnected
	TerminateBy Instant `cbor:"19,keyasint,omitempty"` // while Ending
	ForgetAt    Instant `cbor:"20,keyasint,omitempty"` // once Ended

	Ended Instant `cbor:"21,keyasint,omitempty"`
}

// SDK is what a game server says of the SDK it uses.
type SDK struct {
	Version     string `cbor:"1,keyasint,omitempty"`
	Language    string `cbor:"2,keyasint,omitempty"`
	Tool        string `cbor:"3,keyasint,omitempty"`
	ToolVersion string `cbor:"4,keyasint,omitempty"`
}

type process struct {
	Process
	queued bool // in its location's idleQueue
	timer  timer
}

func (p *process) order() uint64 { return p.Serial }
func (p *process) clock() *timer { return &p.timer }

func (p *process) due() Instant {
	if p.Status == ProcessEnded {
		return p.ForgetAt
	}
	health := p.HealthBy
	if p.Conn == "" {
		health = 0 // it cannot report; ReconnectBy governs
	}
	return earliest(p.ReadyBy, health, p.ReconnectBy, p.TerminateBy)
}

// expire runs the deadline that has passed; the others get their turn.
func (p *process) expire(t *Turn) {
	passed := func(by Instant) bool { return by != 0 && by <= t.At }
	switch {
	case p.Status == ProcessEnded:
		t.emit(ProcessForgotten{Key: p.Key})
	case passed(p.TerminateBy):
		t.logFleet(p.Key.Fleet, "SERVER_PROCESS_PROCESS_EXIT_TIMEOUT", p.String()+" did not end in time after it was asked to.")
		t.endProcess(p)
	case passed(p.ReconnectBy):
		t.logFleet(p.Key.Fleet, "SERVER_PROCESS_CRASHED", p.String()+" lost its connection and did not come back.")
		t.endProcess(p)
	case passed(p.ReadyBy):
		t.logFleet(p.Key.Fleet, "SERVER_PROCESS_PROCESS_READY_TIMEOUT", p.String()+" connected but did not call ProcessReady in time.")
		t.endProcess(p)
	default:
		t.missHealth(p)
	}
}

func (p *process) endedAt() Instant { return p.Ended }

func (p *process) String() string {
	return "Server process " + p.Key.Process + " on compute " + p.Key.Compute
}

func (t *Turn) missHealth(p *process) {
	if p.Bad+1 >= t.settings.HealthLimit {
		t.logFleet(p.Key.Fleet, "SERVER_PROCESS_TERMINATED_UNHEALTHY", p.String()+" stopped reporting its health.")
		// Its socket is open, so it may well run on, with players in it: it is
		// told to end, but not waited for.
		t.emit(ProcessTerminationBegan{Key: p.Key, By: t.At, Reason: "unhealthy"})
		t.endProcess(p)
		return
	}
	t.emit(ProcessBeat{Key: p.Key, Bad: p.Bad + 1, HealthBy: t.At.Add(t.settings.Health), Missed: true})
}

// Process returns a server process. Errors: ErrNotFound.
func (w *World) Process(key ProcessKey) (Process, error) {
	p := w.processes[key]
	if p == nil {
		return Process{}, refuse(ErrNotFound, "there is no server process %s on compute %s of fleet %s", key.Process, key.Compute, key.Fleet)
	}
	return p.Process, nil
}

// Processes returns a fleet's live processes, oldest first. Errors: ErrNotFound.
func (w *World) Processes(fleetID string) ([]Process, error) {
	f, err := w.fleet(fleetID)
	if err != nil {
		return nil, err
	}
	var out []Process
	for _, p := range f.liveWhere(anyProcess) {
		out = append(out, p.Process)
	}
	return out, nil
}

// terminateProcess asks p to end: its game session is TERMINATING, its socket
// is told, and at the deadline it counts as ended.
func (t *Turn) terminateProcess(p *process, reason, statusReason string) {
	if p.Status == ProcessEnding || p.Status == ProcessEnded {
		return
	}
	if s := t.sessions[p.Session]; s != nil && (s.Status == SessionActive || s.Status == SessionActivating) {
		t.emit(SessionTerminationBegan{ID: s.ID, Reason: statusReason})
	}
	t.emit(ProcessTerminationBegan{Key: p.Key, By: t.At.Add(t.settings.Termination), Reason: reason})
}

// endProcess takes p as ended, and its game session with it.
func (t *Turn) endProcess(p *process) {
	if s := t.sessions[p.Session]; s != nil && s.live() {
		t.endSession(s)
	}
	t.emit(ProcessGone{Key: p.Key, ForgetAt: t.At.Add(endedProcessMemory)})
	t.trimTails()
	if f := t.fleets[p.Key.Fleet]; f != nil {
		t.finishDeletions(f)
	}
}

// endedProcessMemory is how long an ended process is remembered, so that its id
// is not let in again: Go's SDK goes on reconnecting with every heartbeat. As
// with all that has ended there are at most TailLimit of them.
const endedProcessMemory = 24 * time.Hour

// The events of a process.
type (
	ProcessOpened struct {
		Process Process `cbor:"1,keyasint"`
	}
	ProcessReconnected struct {
		Key      ProcessKey `cbor:"1,keyasint"`
		Conn     string     `cbor:"2,keyasint"`
		HealthBy Instant    `cbor:"3,keyasint,omitempty"`
		NewToken string     `cbor:"4,keyasint,omitempty"` // hash, if it brought another than before
		EndBy    Instant    `cbor:"5,keyasint,omitempty"` // it is to end by then, and may not know
	}
	ProcessDisconnected struct {
		Key         ProcessKey `cbor:"1,keyasint"`
		ReconnectBy Instant    `cbor:"2,keyasint"`
	}
	ProcessReady struct {
		Key      ProcessKey `cbor:"1,keyasint"`
		Port     int        `cbor:"2,keyasint"`
		LogPaths []string   `cbor:"3,keyasint,omitempty"`
		SDK      SDK        `cbor:"4,keyasint"`
		HealthBy Instant    `cbor:"5,keyasint"`
		Disarm   bool       `cbor:"6,keyasint,omitempty"` // it was ready, and has begun anew
	}
	// ProcessBeat is a health report, or its absence. The first one arms the
	// process: only then do the SDKs listen to CreateGameSession.
	ProcessBeat struct {
		Key      ProcessKey `cbor:"1,keyasint"`
		Bad      int        `cbor:"2,keyasint,omitempty"`
		HealthBy Instant    `cbor:"3,keyasint"`
		Missed   bool       `cbor:"4,keyasint,omitempty"`
	}
	ProcessTerminationBegan struct {
		Key    ProcessKey `cbor:"1,keyasint"`
		By     Instant    `cbor:"2,keyasint"`
		Reason string     `cbor:"3,keyasint"`
	}
	ProcessTold struct {
		Key ProcessKey `cbor:"1,keyasint"`
	}
	ProcessGone struct {
		Key      ProcessKey `cbor:"1,keyasint"`
		ForgetAt Instant    `cbor:"2,keyasint"`
	}
	ProcessForgotten struct {
		Key ProcessKey `cbor:"1,keyasint"`
	}
	// Restarted is muster's own start: every socket is gone, and silence is
	// forgiven for a while.
	Restarted struct {
		ReconnectBy Instant `cbor:"1,keyasint"`
		HealthBy    Instant `cbor:"2,keyasint"`
		ReadyBy     Instant `cbor:"3,keyasint,omitempty"`
	}
)

func (e ProcessOpened) apply(w *World, _ Instant) {
	p := &process{Process: e.Process}
	p.Serial = w.nextSerial()
	w.addProcess(p)
}

func (w *World) addProcess(p *process) {
	if f := w.fleets[p.Key.Fleet]; f != nil && p.Status != ProcessEnded {
		f.live[p] = struct{}{}
		share(&p.Key.Fleet, f.ID)
		if c := f.computes[p.Key.Compute]; c != nil {
			share(&p.Key.Compute, c.Name)
			share(&p.Location, c.Location)
		}
	}
	w.processes[p.Key] = p
	w.processRoster.add(p)
	w.timers.set(p)
}

// share makes equal strings one, so that what was read is held once.
func share(s *string, with string) {
	if *s == with {
		*s = with
	}
}

func (e ProcessReconnected) apply(w *World, _ Instant) {
	p := w.processes[e.Key]
	w.changing(p)
	p.Conn, p.ReconnectBy = e.Conn, 0
	if e.NewToken != "" {
		p.NextToken = e.NewToken
	}
	if p.HealthBy != 0 {
		p.HealthBy = max(p.HealthBy, e.HealthBy) // a restart may have granted more
	}
	w.queueIdle(p)
	w.timers.set(p)
}

func (e ProcessDisconnected) apply(w *World, _ Instant) {
	p := w.processes[e.Key]
	w.changing(p)
	w.unqueueIdle(p)
	p.Conn, p.ReconnectBy = "", e.ReconnectBy
	w.timers.set(p)
}

func (e ProcessReady) apply(w *World, _ Instant) {
	p := w.processes[e.Key]
	w.changing(p)
	if e.Disarm {
		w.unqueueIdle(p)
	}
	if p.Status == ProcessConnected || e.Disarm {
		p.Status = ProcessActivated
	}
	p.Port, p.LogPaths, p.SDK = e.Port, e.LogPaths, e.SDK
	p.ReadyBy, p.HealthBy = 0, e.HealthBy
	w.timers.set(p)
}

func (e ProcessBeat) apply(w *World, _ Instant) {
	p := w.processes[e.Key]
	w.changing(p)
	p.Bad, p.Missed, p.HealthBy = e.Bad, e.Missed, e.HealthBy
	if p.Status == ProcessActivated && !e.Missed {
		p.Status = ProcessIdle
		w.queueIdle(p)
	}
	w.timers.set(p)
}

func (e ProcessTerminationBegan) apply(w *World, _ Instant) {
	p := w.processes[e.Key]
	w.changing(p)
	w.unqueueIdle(p)
	p.Status, p.TerminateBy, p.ReadyBy, p.HealthBy = ProcessEnding, e.By, 0, 0
	w.timers.set(p)
}

func (e ProcessTold) apply(w *World, _ Instant) {
	p := w.processes[e.Key]
	w.changing(p)
	p.Told = true
}

func (e ProcessGone) apply(w *World, at Instant) {
	p := w.processes[e.Key]
	w.changing(p)
	w.unqueueIdle(p)
	p.Status, p.Conn, p.Session, p.LogPaths = ProcessEnded, "", "", nil
	p.Ended, p.ForgetAt = at, e.ForgetAt
	if f := w.fleets[e.Key.Fleet]; f != nil {
		delete(f.live, p)
	}
	w.timers.set(p)
	w.tails.processes.push(p)
}

func (e ProcessForgotten) apply(w *World, _ Instant) {
	p := w.processes[e.Key]
	w.changing(p)
	w.processRoster.remove(p, w.frozen())
	w.timers.drop(p)
	w.tails.processes.drop()
	delete(w.processes, e.Key)
}

func (e Restarted) apply(w *World, _ Instant) {
	for _, f := range w.fleets {
		clear(f.idle)
	}
	for _, p := range w.processes {
		if p.Status == ProcessEnded {
			continue
		}
		w.changing(p)
		p.queued = false
		p.Conn, p.ReconnectBy = "", e.ReconnectBy
		if p.HealthBy != 0 {
			p.HealthBy = max(p.HealthBy, e.HealthBy)
		}
		if p.ReadyBy != 0 {
			p.ReadyBy = max(p.ReadyBy, e.ReadyBy)
		}
		w.timers.set(p)
	}
}

// queueIdle puts p up for game sessions if it is ready for one and connected.
func (w *World) queueIdle(p *process) {
	f := w.fleets[p.Key.Fleet]
	if p.Status != ProcessIdle || p.Conn == "" || f == nil {
		return
	}
	q := f.idle[p.Location]
	if q == nil {
		q = &idleQueue{}
		f.idle[p.Location] = q
	}
	if !p.queued {
		p.queued, p.IdleOrder = true, w.nextSerial()
		q.push(p)
	}
}

func (w *World) unqueueIdle(p *process) {
	if f := w.fleets[p.Key.Fleet]; p.queued && f != nil {
		p.queued = false
		f.idle[p.Location].remove(p)
	}
}
