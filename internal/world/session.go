package world

// SessionStatus is GameLift's GameSessionStatus.
type SessionStatus string

// A game session goes down this list.
const (
	SessionActivating  SessionStatus = "ACTIVATING"
	SessionActive      SessionStatus = "ACTIVE"
	SessionTerminating SessionStatus = "TERMINATING"
	SessionTerminated  SessionStatus = "TERMINATED"
)

// TriggeredOnTerminate is the StatusReason of a game session that
// TerminateGameSession ended.
const TriggeredOnTerminate = "TRIGGERED_ON_PROCESS_TERMINATE"

// The PlayerSessionCreationPolicies.
const (
	AcceptAll = "ACCEPT_ALL"
	DenyAll   = "DENY_ALL"
)

// A GameSession is one game being hosted. Properties is never changed in
// place: copies may share it.
type GameSession struct {
	ID             string            `cbor:"1,keyasint"` // ARN
	Serial         uint64            `cbor:"2,keyasint"`
	Fleet          string            `cbor:"3,keyasint"` // id
	Location       string            `cbor:"4,keyasint"`
	Compute        string            `cbor:"5,keyasint"`
	Process        string            `cbor:"6,keyasint"`
	Name           string            `cbor:"7,keyasint,omitempty"`
	Creator        string            `cbor:"8,keyasint,omitempty"`
	Properties     map[string]string `cbor:"9,keyasint,omitempty"`
	Data           string            `cbor:"10,keyasint,omitempty"`
	MatchmakerData string            `cbor:"11,keyasint,omitempty"`
	Maximum        int               `cbor:"12,keyasint"` // players
	Status         SessionStatus     `cbor:"13,keyasint"`
	Reason         string            `cbor:"14,keyasint,omitempty"` // StatusReason
	Policy         string            `cbor:"15,keyasint"`
	Protection     string            `cbor:"16,keyasint"`
	Created        Instant           `cbor:"17,keyasint"`
	Ended          Instant           `cbor:"18,keyasint,omitempty"`
	IP             string            `cbor:"19,keyasint,omitempty"`
	DNS            string            `cbor:"20,keyasint,omitempty"`
	Port           int               `cbor:"21,keyasint,omitempty"`
	Token          string            `cbor:"22,keyasint,omitempty"` // idempotency token
	Fingerprint    []byte            `cbor:"23,keyasint,omitempty"` // of the request that brought the token
	ActivateBy     Instant           `cbor:"24,keyasint,omitempty"`
	ArchiveAt      Instant           `cbor:"25,keyasint,omitempty"`

	// Players counts RESERVED and ACTIVE player sessions: both hold a slot.
	Players int `cbor:"-"`
}

// Key returns the key of the process that hosts the session.
func (s *GameSession) Key() ProcessKey { return ProcessKey{s.Fleet, s.Compute, s.Process} }

type session struct {
	GameSession
	players  []*player // that are in memory, in order of creation
	reserved int
	active   int
	timer    timer
	trail    uint64 // number of the last one that has a trace of it
}

func (s *session) order() uint64 { return s.Serial }
func (s *session) clock() *timer { return &s.timer }

func (s *session) due() Instant {
	switch s.Status {
	case SessionActivating:
		return s.ActivateBy
	case SessionTerminated:
		return s.ArchiveAt
	}
	return 0
}

func (s *session) expire(t *Turn) {
	if s.Status == SessionTerminated {
		t.archiveSession(s)
		return
	}
	t.logFleet(s.Fleet, "GAME_SESSION_ACTIVATION_TIMEOUT", "Game session "+s.ID+" was not activated in time.")
	p := t.processes[s.Key()]
	t.endSession(s)
	t.terminateProcess(p, "game session activation timeout", "")
}

func (s *session) endedAt() Instant { return s.Ended }

// live says whether the session has a process that hosts it.
func (s *session) live() bool { return s.Status != SessionTerminated }

// slots is how many players the session can have.
func (s *session) slots() int { return min(s.Maximum, playersPerSession) }

// count is how many slots are taken.
func (s *session) count() int { return s.reserved + s.active }

func (s *session) view() GameSession {
	v := s.GameSession
	v.Players = s.count()
	return v
}

// endSession ends a session; its process is another matter.
func (t *Turn) endSession(s *session) {
	t.emit(SessionEnded{ID: s.ID, ArchiveAt: t.At.Add(t.settings.Tail)})
	t.trimTails()
}

// The events of a game session.
type (
	// SessionCreated also claims the process that will host it.
	SessionCreated struct {
		Session GameSession `cbor:"1,keyasint"`
	}
	SessionActivated struct {
		ID string `cbor:"1,keyasint"`
	}
	SessionUpdated struct {
		ID         string            `cbor:"1,keyasint"`
		Name       string            `cbor:"2,keyasint,omitempty"`
		Maximum    int               `cbor:"3,keyasint"`
		Policy     string            `cbor:"4,keyasint"`
		Protection string            `cbor:"5,keyasint"`
		Properties map[string]string `cbor:"6,keyasint,omitempty"`
	}
	SessionTerminationBegan struct {
		ID     string `cbor:"1,keyasint"`
		Reason string `cbor:"2,keyasint,omitempty"`
	}
	// SessionEnded ends the session's player sessions too: RESERVED ones are
	// TIMEDOUT, ACTIVE ones COMPLETED.
	SessionEnded struct {
		ID        string  `cbor:"1,keyasint"`
		ArchiveAt Instant `cbor:"2,keyasint"`
	}
	SessionArchived struct {
		ID string `cbor:"1,keyasint"`
	}
)

func (e SessionCreated) apply(w *World, at Instant) {
	s := &session{GameSession: e.Session}
	s.Serial = w.nextSerial()
	w.addSession(s)
	p := w.processes[s.Key()]
	w.changing(p)
	w.unqueueIdle(p)
	p.Status, p.Session = ProcessHosting, s.ID
	f := w.fleets[s.Fleet]
	if s.Creator != "" {
		f.noteCreator(s.Creator, at)
	}
}

// addSession enters s where sessions are looked up.
func (w *World) addSession(s *session) {
	if p := w.processes[s.Key()]; p != nil {
		s.Fleet, s.Compute, s.Process = p.Key.Fleet, p.Key.Compute, p.Key.Process // the same, but held once
		share(&s.Location, p.Location)
		share(&p.Session, s.ID)
	}
	w.sessions[s.ID] = s
	w.sessionRoster.add(s)
	if s.Token != "" {
		w.tokens[tokenKey(s.Fleet, s.Token)] = s
	}
	if f := w.fleets[s.Fleet]; f != nil {
		f.sessions.add(s)
		if s.Status == SessionActivating {
			f.activating[s.Compute]++
		}
	}
	w.timers.set(s)
}

func tokenKey(fleet, token string) string { return "token/" + fleet + "/" + token }

func (e SessionActivated) apply(w *World, _ Instant) {
	s := w.sessions[e.ID]
	w.trace(s)
	w.changing(s)
	w.leaveActivating(s)
	s.Status = SessionActive
	w.index(s)
	w.timers.set(s)
}

// leaveActivating takes s out of its compute's count of activations, if it is
// in it.
func (w *World) leaveActivating(s *session) {
	if s.Status != SessionActivating {
		return
	}
	f := w.fleets[s.Fleet]
	if f.activating[s.Compute]--; f.activating[s.Compute] == 0 {
		delete(f.activating, s.Compute)
	}
}

func (e SessionUpdated) apply(w *World, _ Instant) {
	s := w.sessions[e.ID]
	w.trace(s)
	w.changing(s)
	s.Name, s.Maximum, s.Policy, s.Protection, s.Properties = e.Name, e.Maximum, e.Policy, e.Protection, e.Properties
	w.index(s)
}

func (e SessionTerminationBegan) apply(w *World, _ Instant) {
	s := w.sessions[e.ID]
	w.trace(s)
	w.changing(s)
	w.leaveActivating(s)
	s.Status, s.Reason = SessionTerminating, e.Reason
	w.index(s)
	w.timers.set(s)
}

func (e SessionEnded) apply(w *World, at Instant) {
	s := w.sessions[e.ID]
	w.trace(s)
	w.changing(s)
	for _, p := range s.players {
		switch p.Status {
		case PlayerReserved:
			w.endPlayer(p, PlayerTimedOut, at, e.ArchiveAt)
		case PlayerActive:
			w.endPlayer(p, PlayerCompleted, at, e.ArchiveAt)
		}
	}
	w.leaveActivating(s)
	s.Status, s.Ended, s.ArchiveAt = SessionTerminated, at, e.ArchiveAt
	if p := w.processes[s.Key()]; p != nil && p.Session == s.ID {
		w.changing(p)
		p.Session = ""
	}
	w.index(s)
	w.timers.set(s)
	w.tails.sessions.push(s)
}

func (e SessionArchived) apply(w *World, _ Instant) {
	s := w.sessions[e.ID]
	for _, p := range s.players {
		w.dropPlayer(p)
	}
	w.changing(s)
	w.sessionRoster.remove(s, w.frozen())
	w.timers.drop(s)
	w.tails.sessions.drop()
	delete(w.sessions, s.ID)
	if s.Token != "" {
		delete(w.tokens, tokenKey(s.Fleet, s.Token))
	}
	if f := w.fleets[s.Fleet]; f != nil {
		f.sessions.remove(s, false)
	}
}

// index keeps the search index to what a search may find: ACTIVE sessions.
func (w *World) index(s *session) {
	f := w.fleets[s.Fleet]
	switch {
	case f == nil || w.unindexed:
	case s.Status == SessionActive:
		f.index.Put(s.doc())
	default:
		f.index.Remove(s.ID)
	}
}

// indexPlayers tells the search index that players came or went.
func (w *World) indexPlayers(s *session) {
	if s.Status == SessionActive {
		w.fleets[s.Fleet].index.SetPlayers(s.ID, s.count())
	}
}
