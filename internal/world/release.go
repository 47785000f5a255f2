package world

// ReleasePlayer gives a reservation back before it runs out: the player
// session is TIMEDOUT at once. One that is no longer RESERVED stays as it is.
// GameLift has no such operation; providers that can use it do.
type ReleasePlayer struct{ ID string } // player session

// Decide implements Command. Errors: ErrNotFound.
func (c ReleasePlayer) Decide(t *Turn) (struct{}, error) {
	p := t.players[c.ID]
	if p == nil {
		return struct{}{}, refuse(ErrNotFound, "player session %s does not exist", c.ID)
	}
	if p.Status == PlayerReserved {
		t.emit(PlayerEnded{ID: p.ID, Status: PlayerTimedOut, ArchiveAt: t.At.Add(t.settings.Tail)})
		t.trimTails()
	}
	return struct{}{}, nil
}
