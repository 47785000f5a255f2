package world

import "slices"

// ConnectProcess is a game server's websocket: a new process, or one that
// comes back.
type ConnectProcess struct {
	Key       ProcessKey
	Conn      string // names the socket, unique
	TokenHash string // of the compute auth token it brought
	Trusted   bool   // do not check the token: it was checked otherwise, or checks are off
	SDK       SDK
}

// Decide implements Command. Errors: ErrNotFound (fleet or compute, which Key
// names by their ids: it is what the process is known by), ErrUnauthorized
// (token), ErrConflict for a process that has ended, ErrFleetStatus.
func (c ConnectProcess) Decide(t *Turn) (Process, error) {
	p := t.processes[c.Key]
	if p != nil && p.Status == ProcessEnded {
		return Process{}, refuse(ErrConflict, "process id %s has ended on compute %s: start the game server with a new, unique process id", c.Key.Process, c.Key.Compute)
	}
	f, m, err := t.compute(c.Key.Fleet, c.Key.Compute)
	switch {
	case p == nil && err != nil:
		return Process{}, err
	case p == nil && (f.ID != c.Key.Fleet || m.Name != c.Key.Compute):
		return Process{}, refuse(ErrNotFound, "fleet %s or its compute %s is named by an ARN within an ARN: give %s and %s", c.Key.Fleet, c.Key.Compute, f.ID, m.Name)
	}
	if !c.Trusted && !t.tokenFits(p, m, c.TokenHash) {
		return Process{}, refuse(ErrUnauthorized, "the auth token is not one for compute %s of fleet %s, or it has expired: get one with get-compute-auth-token", c.Key.Compute, c.Key.Fleet)
	}
	healthBy := t.At.Add(t.settings.Health)
	if p != nil {
		e := ProcessReconnected{Key: c.Key, Conn: c.Conn, HealthBy: healthBy}
		if !p.knows(c.TokenHash) {
			e.NewToken = c.TokenHash
		}
		if !p.Told {
			e.EndBy = p.TerminateBy
		}
		t.emit(e)
		return p.Process, nil
	}
	if f.Status != FleetActive {
		return Process{}, refuse(ErrFleetStatus, "fleet %s is in status %s and takes no new processes", f.ID, f.Status)
	}
	t.emit(ProcessOpened{Process: Process{
		Key: c.Key, Status: ProcessConnected, Conn: c.Conn, Location: m.Location, IP: m.IP, DNS: m.DNS, SDK: c.SDK,
		TokenHash: c.TokenHash, Created: t.At, ReadyBy: t.At.Add(t.settings.Ready),
	}})
	return t.processes[c.Key].Process, nil
}

// tokenFits says whether a token opens a connection: an unexpired one of the
// compute, or one that a live process has brought before, for as long as it
// lives: SDKs reconnect with the token that they have.
func (t *Turn) tokenFits(p *process, m *Compute, hash string) bool {
	if p != nil && p.knows(hash) {
		return true
	}
	return m != nil && slices.ContainsFunc(m.Tokens, func(k Token) bool { return k.Hash == hash && k.Expires > t.At })
}

// knows says whether the token is the first or the newest that p has brought.
func (p *process) knows(hash string) bool {
	return hash != "" && (hash == p.TokenHash || hash == p.NextToken)
}

// DisconnectProcess says that a socket is gone. It is of no account if the
// process has a newer one.
type DisconnectProcess struct {
	Key  ProcessKey
	Conn string
}

// Decide implements Command.
func (c DisconnectProcess) Decide(t *Turn) (struct{}, error) {
	p := t.processes[c.Key]
	if p == nil || p.Conn == "" || p.Conn != c.Conn || p.Status == ProcessEnded {
		return struct{}{}, nil
	}
	t.emit(ProcessDisconnected{Key: c.Key, ReconnectBy: t.At.Add(t.settings.ReconnectGrace)})
	return struct{}{}, nil
}

// Restart is the first command of every start of muster.
type Restart struct{}

// Decide implements Command.
func (c Restart) Decide(t *Turn) (struct{}, error) {
	patient := t.At.Add(t.settings.RestartGrace)
	t.emit(Restarted{ReconnectBy: t.At.Add(t.settings.ReconnectGrace), HealthBy: patient, ReadyBy: patient})
	return struct{}{}, nil
}

// liveProcess finds a process that has not ended. Errors: ErrNotFound, ErrConflict.
func (t *Turn) liveProcess(key ProcessKey) (*process, error) {
	p := t.processes[key]
	switch {
	case p == nil:
		return nil, refuse(ErrNotFound, "there is no server process %s on compute %s of fleet %s", key.Process, key.Compute, key.Fleet)
	case p.Status == ProcessEnded:
		return nil, refuse(ErrConflict, "server process %s has ended", key.Process)
	}
	return p, nil
}

// ActivateProcess is the SDK's ProcessReady. Doing it again updates what it
// says, and the process must be heard again before it gets a game session: an
// SDK that was started anew may not listen yet.
type ActivateProcess struct {
	Key      ProcessKey
	Port     int
	LogPaths []string
	SDK      SDK
}

// Decide implements Command. Errors: ErrNotFound, ErrConflict, ErrInvalidRequest.
func (c ActivateProcess) Decide(t *Turn) (struct{}, error) {
	p, err := t.liveProcess(c.Key)
	if err != nil {
		return struct{}{}, err
	}
	if c.Port < 0 || c.Port > 65535 {
		return struct{}{}, refuse(ErrInvalidRequest, "port %d is not between 0 and 65535", c.Port)
	}
	if p.Status == ProcessEnding {
		return struct{}{}, refuse(ErrConflict, "server process %s has been asked to end", c.Key.Process)
	}
	sdk := p.SDK
	for _, f := range []struct{ have, got *string }{
		{&sdk.Version, &c.SDK.Version}, {&sdk.Language, &c.SDK.Language}, {&sdk.Tool, &c.SDK.Tool}, {&sdk.ToolVersion, &c.SDK.ToolVersion},
	} {
		if *f.got != "" {
			*f.have = *f.got
		}
	}
	t.emit(ProcessReady{Key: c.Key, Port: c.Port, LogPaths: c.LogPaths, SDK: sdk, HealthBy: t.At.Add(t.settings.Health), Disarm: p.Status == ProcessIdle})
	return struct{}{}, nil
}

// Heartbeat is a health report. The third false one in a row ends the process;
// one that comes late counts once, as missed or as false.
type Heartbeat struct {
	Key     ProcessKey
	Healthy bool
}

// Decide implements Command. Errors: ErrNotFound, ErrConflict.
func (c Heartbeat) Decide(t *Turn) (struct{}, error) {
	p, err := t.liveProcess(c.Key)
	if err != nil {
		return struct{}{}, err
	}
	if p.Status == ProcessConnected || p.Status == ProcessEnding {
		return struct{}{}, nil // before ProcessReady, or on its way out: nothing hangs on it
	}
	bad := 0
	switch {
	case !c.Healthy && p.Missed:
		bad = p.Bad
	case !c.Healthy:
		bad = p.Bad + 1
	}
	t.outcome.Patient = bad == p.Bad && p.Status != ProcessActivated
	t.emit(ProcessBeat{Key: c.Key, Bad: bad, HealthBy: t.At.Add(t.settings.Health)})
	if bad >= t.settings.HealthLimit {
		t.logFleet(c.Key.Fleet, "SERVER_PROCESS_TERMINATED_UNHEALTHY", p.String()+" reported itself unhealthy.")
		t.terminateProcess(p, "unhealthy", "")
	}
	return struct{}{}, nil
}

// TellProcess says that a process which is to end knows it. Until then it is
// told again whenever it connects.
type TellProcess struct{ Key ProcessKey }

// Decide implements Command.
func (c TellProcess) Decide(t *Turn) (struct{}, error) {
	if p := t.processes[c.Key]; p != nil && p.Status == ProcessEnding && !p.Told {
		t.emit(ProcessTold(c))
	}
	return struct{}{}, nil
}

// EndProcess is the SDK's ProcessEnding. Its game session is TERMINATED with
// it. Doing it again changes nothing.
type EndProcess struct{ Key ProcessKey }

// Decide implements Command. Errors: ErrNotFound.
func (c EndProcess) Decide(t *Turn) (struct{}, error) {
	p := t.processes[c.Key]
	if p == nil {
		return struct{}{}, refuse(ErrNotFound, "there is no server process %s on compute %s of fleet %s", c.Key.Process, c.Key.Compute, c.Key.Fleet)
	}
	if p.Status != ProcessEnded {
		t.endProcess(p)
	}
	return struct{}{}, nil
}
