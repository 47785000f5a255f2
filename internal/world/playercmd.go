package world

// playersPerSession is how many players a game session can have, whatever its
// maximum says. Source: GameLift quotas.
const playersPerSession = 200

// CreatePlayerSessions reserves slots in a game session: all of them or none.
type CreatePlayerSessions struct {
	Session string // game session ARN
	Players []ReservedPlayer
}

// Decide implements Command. Errors: ErrNotFound; ErrSessionStatus when the session
// is not ACTIVE or takes no players; ErrSessionFull; ErrInvalidRequest for a player
// named twice. A session that has left memory is recalled, so that one that
// has ended is not taken for one that never was.
func (c CreatePlayerSessions) Decide(t *Turn) ([]PlayerSession, error) {
	s, err := t.session(c.Session)
	if err != nil {
		return nil, t.endedLongAgo(c.Session, err)
	}
	if err := c.check(s); err != nil {
		return nil, err
	}
	t.emit(PlayersReserved{Session: s.ID, Players: c.Players, By: t.At.Add(t.settings.Reservation)})
	out := make([]PlayerSession, len(c.Players))
	for i, r := range c.Players {
		out[i] = t.players[r.ID].view()
	}
	return out, nil
}

func (c CreatePlayerSessions) check(s *session) error {
	for i, r := range c.Players {
		for _, other := range c.Players[:i] {
			if r.Player == other.Player {
				return refuse(ErrInvalidRequest, "player %q is named twice", r.Player)
			}
		}
	}
	switch {
	case s.Status != SessionActive:
		return refuse(ErrSessionStatus, "game session %s is %s: players can join only while it is ACTIVE", s.ID, s.Status)
	case s.Policy == DenyAll:
		return refuse(ErrSessionStatus, "game session %s takes no new players: its PlayerSessionCreationPolicy is DENY_ALL", s.ID)
	case s.count()+len(c.Players) > s.slots():
		return refuse(ErrSessionFull, "game session %s has %d of %d slots taken: there is no room for %d more", s.ID, s.count(), s.slots(), len(c.Players))
	}
	return nil
}

// endedLongAgo turns "not found" into the right error for a game session that
// is in the archive.
func (t *Turn) endedLongAgo(arn string, notFound error) error {
	r, err := t.recall(t.settings.SessionKey(arn))
	switch {
	case err != nil:
		return err
	case r == nil:
		return notFound
	}
	return refuse(ErrSessionStatus, "game session %s has ended: it is %s", arn, SessionTerminated)
}

// AcceptPlayer is the SDK's AcceptPlayerSession: the player has connected.
type AcceptPlayer struct {
	Process ProcessKey
	Session string // game session ARN
	ID      string // player session
	Request string // RequestId: the same one again is answered as before
}

// Decide implements Command. Errors: ErrNotFound, ErrConflict; ErrSessionStatus when
// the player session is not RESERVED or its reservation has run out.
func (c AcceptPlayer) Decide(t *Turn) (PlayerSession, error) {
	p, err := t.hostedPlayer(c.Process, c.Session, c.ID)
	switch {
	case err != nil:
		return PlayerSession{}, err
	case p.Status == PlayerActive && p.Accepted == c.Request && c.Request != "":
		return p, nil
	case p.Status != PlayerReserved:
		return PlayerSession{}, refuse(ErrSessionStatus, "PlayerSession (%s) has a status of %s instead of RESERVED", p.ID, p.Status)
	case p.AcceptBy <= t.At:
		return PlayerSession{}, refuse(ErrSessionStatus, "PlayerSession (%s) has a status of %s instead of RESERVED", p.ID, PlayerTimedOut)
	}
	t.emit(PlayerAccepted{ID: p.ID, Request: c.Request})
	return t.players[p.ID].view(), nil
}

// RemovePlayer is the SDK's RemovePlayerSession: the player has left. Doing
// it again changes nothing.
type RemovePlayer struct {
	Process ProcessKey
	Session string // game session ARN
	ID      string // player session
}

// Decide implements Command. Errors: ErrNotFound, ErrConflict.
func (c RemovePlayer) Decide(t *Turn) (PlayerSession, error) {
	p, err := t.hostedPlayer(c.Process, c.Session, c.ID)
	if err != nil {
		return PlayerSession{}, err
	}
	if p.Status != PlayerActive && p.Status != PlayerReserved {
		return p, nil
	}
	t.emit(PlayerEnded{ID: p.ID, Status: PlayerCompleted, ArchiveAt: t.At.Add(t.settings.Tail)})
	p = t.players[p.ID].view()
	t.trimTails()
	return p, nil
}

// hostedPlayer finds a player session of the game session that a process hosts,
// also one that has ended and left memory.
func (t *Turn) hostedPlayer(key ProcessKey, sessionARN, id string) (PlayerSession, error) {
	s, err := t.hosted(key, sessionARN)
	if err != nil {
		return PlayerSession{}, err
	}
	p, err := t.anyPlayer(id)
	switch {
	case err != nil:
		return PlayerSession{}, err
	case p.Session != s.ID:
		return PlayerSession{}, refuse(ErrNotFound, "game session %s has no player session %s", s.ID, id)
	}
	return p, nil
}

// anyPlayer finds a player session in memory or the archive. The zero value:
// there is none.
func (t *Turn) anyPlayer(id string) (PlayerSession, error) {
	if p := t.players[id]; p != nil {
		return p.view(), nil
	}
	r, err := t.recall(playerKey(id))
	if r == nil || err != nil {
		return PlayerSession{}, err
	}
	return DecodePlayerSession(r.Data)
}
