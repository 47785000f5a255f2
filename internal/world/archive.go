package world

// tails are the ended entities that are still in memory, longest ended first.
type tails struct {
	sessions  tail[*session]
	players   tail[*player]
	processes tail[*process]
}

// A tail is a queue of ended entities. One that leaves memory by its own
// deadline stays in the queue, gone, until it comes to the front.
type tail[E interface{ gone() bool }] struct {
	queue []E
	live  int
}

func (q *tail[E]) push(e E) {
	q.shift()
	q.queue = append(q.queue, e)
	q.live++
}

// drop says that one in the queue is about to be gone.
func (q *tail[E]) drop() { q.live-- }

// oldest returns the first that is not gone. There must be one.
func (q *tail[E]) oldest() E {
	q.shift()
	return q.queue[0]
}

// shift takes those that are gone off the front.
func (q *tail[E]) shift() {
	var none E
	for len(q.queue) > 0 && q.queue[0].gone() {
		q.queue[0] = none
		q.queue = q.queue[1:]
	}
}

// trimTails moves to the archive what the tails have too many of.
func (t *Turn) trimTails() {
	for t.tails.sessions.live > t.settings.TailLimit {
		t.archiveSession(t.tails.sessions.oldest())
	}
	for t.tails.players.live > t.settings.TailLimit {
		t.archivePlayer(t.tails.players.oldest())
	}
	for t.tails.processes.live > t.settings.TailLimit {
		t.emit(ProcessForgotten{Key: t.tails.processes.oldest().Key})
	}
}

// Keys and references of the archive.
func sessionKey(id string) string { return "session/" + id }
func playerKey(id string) string  { return "player-session/" + id }

// SessionKey is where an archived game session is found.
func (s Settings) SessionKey(arn string) string { return sessionKey(s.SessionID(arn)) }

// PlayerSessionKey is where an archived player session is found.
func PlayerSessionKey(id string) string { return playerKey(id) }

// FleetRef lists a fleet's archived game sessions.
func FleetRef(fleetID string) string { return "fleet/" + fleetID }

// SessionRef lists a game session's archived player sessions.
func (s Settings) SessionRef(arn string) string { return "session/" + s.SessionID(arn) }

// PlayerRef lists a player's archived player sessions.
func PlayerRef(playerID string) string { return "player/" + playerID }

// archiveSession moves an ended session and its player sessions to the archive.
func (t *Turn) archiveSession(s *session) {
	for _, p := range s.players {
		t.archive(p.record())
	}
	t.archive(Record{Key: sessionKey(s.ID), Refs: []string{FleetRef(s.Fleet)}, Order: int64(s.Serial), Data: encode(s.view())})
	if s.Token != "" {
		t.archive(Record{Key: tokenKey(s.Fleet, s.Token), Order: int64(s.Serial), Data: []byte(s.ID)})
	}
	t.emit(SessionArchived{ID: s.ID})
}

func (t *Turn) archivePlayer(p *player) {
	t.archive(p.record())
	t.emit(PlayerArchived{ID: p.ID})
}

func (p *player) record() Record {
	return Record{
		Key: playerKey(p.ID), Refs: []string{"session/" + p.Session, PlayerRef(p.Player)},
		Order: int64(p.Serial), Data: encode(p.view()),
	}
}

// DecodeGameSession reads an archived game session.
func DecodeGameSession(data []byte) (GameSession, error) { return decode[GameSession](data) }

// DecodePlayerSession reads an archived player session.
func DecodePlayerSession(data []byte) (PlayerSession, error) { return decode[PlayerSession](data) }
