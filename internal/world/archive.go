package world

// trimTails moves to the archive what the tails have too many of.
func (t *Turn) trimTails() {
	for t.tails.sessions.live() > t.settings.TailLimit {
		t.archiveSession(t.tails.sessions.oldest())
	}
	for t.tails.players.live() > t.settings.TailLimit {
		t.archivePlayer(t.tails.players.oldest())
	}
	for t.tails.processes.live() > t.settings.TailLimit {
		t.emit(ProcessForgotten{Key: t.tails.processes.oldest().Key})
	}
}

// Keys and references of the archive. A game session is the same whatever
// Region and account its ARN was written with.
func sessionKey(arn string) string { return "session/" + resourceName("gamesession", arn) }
func playerKey(id string) string   { return "player-session/" + id }

// SessionKey is where an archived game session is found.
func (Settings) SessionKey(arn string) string { return sessionKey(arn) }

// PlayerSessionKey is where an archived player session is found.
func PlayerSessionKey(id string) string { return playerKey(id) }

// FleetRef lists a fleet's archived game sessions.
func FleetRef(fleetID string) string { return "fleet/" + fleetID }

// SessionRef lists a game session's archived player sessions.
func (Settings) SessionRef(arn string) string { return sessionKey(arn) }

// PlayerRef lists a player's archived player sessions.
func PlayerRef(playerID string) string { return "player/" + playerID }

// archiveSession moves an ended session and its player sessions to the archive.
func (t *Turn) archiveSession(s *session) {
	for _, p := range s.players {
		t.archive(p.record())
	}
	t.archive(Record{
		Key: sessionKey(s.ID), Refs: []string{FleetRef(s.Fleet)},
		Order: int64(s.Serial), Expires: t.expiry(), Data: encode(s.view()),
	})
	if s.Token != "" {
		t.archive(Record{Key: tokenKey(s.Fleet, s.Token), Order: int64(s.Serial), Expires: t.expiry(), Data: []byte(s.ID)})
	}
	t.emit(SessionArchived{ID: s.ID})
}

func (t *Turn) archivePlayer(p *player) {
	t.archive(p.record())
	t.emit(PlayerArchived{ID: p.ID})
}

// record is what is archived of p. It goes when its game session does, being
// listed under that one's key.
// Source: GameLift API, CreatePlayerSession: kept for 30 days after the game session ends.
func (p *player) record() Record {
	return Record{
		Key: playerKey(p.ID), Refs: []string{sessionKey(p.session.ID), PlayerRef(p.Player)},
		Order: int64(p.Serial), Data: encode(p.view()),
	}
}

// DecodeGameSession reads an archived game session. Errors: ErrVersion, ErrCorrupt.
func DecodeGameSession(data []byte) (GameSession, error) { return decode[GameSession](data) }

// DecodePlayerSession reads an archived player session. Errors: ErrVersion, ErrCorrupt.
func DecodePlayerSession(data []byte) (PlayerSession, error) { return decode[PlayerSession](data) }
