package world

import (
	"cmp"
	"slices"
)

// PlayerStatus is GameLift's PlayerSessionStatus.
type PlayerStatus string

// RESERVED becomes ACTIVE or TIMEDOUT, ACTIVE becomes COMPLETED, and so does a
// RESERVED one that the game server removes; nothing goes back.
const (
	PlayerReserved  PlayerStatus = "RESERVED"
	PlayerActive    PlayerStatus = "ACTIVE"
	PlayerCompleted PlayerStatus = "COMPLETED"
	PlayerTimedOut  PlayerStatus = "TIMEDOUT"
)

// A PlayerSession is one player's slot in a game session.
type PlayerSession struct {
	ID       string       `cbor:"1,keyasint"`
	Serial   uint64       `cbor:"2,keyasint"`
	Player   string       `cbor:"3,keyasint"` // PlayerId
	Session  string       `cbor:"4,keyasint"` // game session ARN
	Fleet    string       `cbor:"5,keyasint"` // id
	Data     string       `cbor:"6,keyasint,omitempty"`
	Status   PlayerStatus `cbor:"7,keyasint"`
	Created  Instant      `cbor:"8,keyasint"`
	Ended    Instant      `cbor:"9,keyasint,omitempty"`
	AcceptBy Instant      `cbor:"10,keyasint,omitempty"`
	Accepted string       `cbor:"11,keyasint,omitempty"` // RequestId of the accepting call, so that it can be repeated

	ArchiveAt Instant `cbor:"12,keyasint,omitempty"`

	// Where the game is: of the game session, filled in on the way out.
	IP   string `cbor:"13,keyasint,omitempty"`
	DNS  string `cbor:"14,keyasint,omitempty"`
	Port int    `cbor:"15,keyasint,omitempty"`
}

// A player is a PlayerSession less what its game session knows: there are more
// of these than of anything else.
type player struct {
	ID, Player, Data string
	Serial           uint64
	Status           PlayerStatus
	Created, Ended   Instant
	AcceptBy         Instant
	Accepted         string
	ArchiveAt        Instant

	session *session
	timer   timer
}

func (p *player) order() uint64 { return p.Serial }
func (p *player) clock() *timer { return &p.timer }

func (p *player) due() Instant {
	switch p.Status {
	case PlayerReserved:
		return p.AcceptBy
	case PlayerActive:
		return 0
	}
	return p.ArchiveAt
}

func (p *player) expire(t *Turn) {
	if p.Status == PlayerReserved {
		t.emit(PlayerEnded{ID: p.ID, Status: PlayerTimedOut, ArchiveAt: t.At.Add(t.settings.Tail)})
		t.trimTails()
		return
	}
	t.archivePlayer(p)
}

func (p *player) endedAt() Instant { return p.Ended }

// pack keeps the strings that are p's own in one piece of memory, since the
// collector looks at every piece again and again.
func (p *player) pack() {
	all := p.ID + p.Player + p.Data
	id, player := len(p.ID), len(p.ID)+len(p.Player)
	p.ID, p.Player, p.Data = all[:id], all[id:player], all[player:]
}

// stored returns p as a snapshot holds it.
func (p *player) stored() PlayerSession {
	return PlayerSession{
		ID: p.ID, Serial: p.Serial, Player: p.Player, Session: p.session.ID, Fleet: p.session.Fleet, Data: p.Data,
		Status: p.Status, Created: p.Created, Ended: p.Ended, AcceptBy: p.AcceptBy, Accepted: p.Accepted, ArchiveAt: p.ArchiveAt,
	}
}

func (p *player) view() PlayerSession {
	v := p.stored()
	v.IP, v.DNS, v.Port = p.session.IP, p.session.DNS, p.session.Port
	return v
}

// The events of a player session.
type (
	PlayersReserved struct {
		Session string           `cbor:"1,keyasint"`
		Players []ReservedPlayer `cbor:"2,keyasint"`
		By      Instant          `cbor:"3,keyasint"` // AcceptBy
	}
	ReservedPlayer struct {
		ID     string `cbor:"1,keyasint"`
		Player string `cbor:"2,keyasint"`
		Data   string `cbor:"3,keyasint,omitempty"`
	}
	PlayerAccepted struct {
		ID      string `cbor:"1,keyasint"`
		Request string `cbor:"2,keyasint,omitempty"`
	}
	PlayerEnded struct {
		ID        string       `cbor:"1,keyasint"`
		Status    PlayerStatus `cbor:"2,keyasint"`
		ArchiveAt Instant      `cbor:"3,keyasint"`
	}
	PlayerArchived struct {
		ID string `cbor:"1,keyasint"`
	}
)

func (e PlayersReserved) apply(w *World, at Instant) {
	s := w.sessions[e.Session]
	w.trace(s)
	for _, r := range e.Players {
		w.addPlayer(&player{
			ID: r.ID, Serial: w.nextSerial(), Player: r.Player, Data: r.Data,
			Status: PlayerReserved, Created: at, AcceptBy: e.By, session: s,
		})
	}
	w.indexPlayers(s)
}

// addPlayer enters p where player sessions are looked up and counts its slot.
func (w *World) addPlayer(p *player) {
	p.pack()
	w.players[p.ID] = p
	w.playerRoster.add(p)
	w.byPlayer[p.Player] = append(w.byPlayer[p.Player], p)
	p.session.players = append(p.session.players, p)
	switch p.Status {
	case PlayerReserved:
		p.session.reserved++
	case PlayerActive:
		p.session.active++
	}
	w.timers.set(p)
}

func (e PlayerAccepted) apply(w *World, _ Instant) {
	p := w.players[e.ID]
	w.changing(p)
	p.Status, p.Accepted = PlayerActive, e.Request
	p.session.reserved--
	p.session.active++
	w.timers.set(p)
}

func (e PlayerEnded) apply(w *World, at Instant) {
	p := w.players[e.ID]
	w.trace(p.session)
	w.endPlayer(p, e.Status, at, e.ArchiveAt)
	w.indexPlayers(p.session)
}

// endPlayer gives the slot back.
func (w *World) endPlayer(p *player, status PlayerStatus, at, archiveAt Instant) {
	w.changing(p)
	switch p.Status {
	case PlayerReserved:
		p.session.reserved--
	case PlayerActive:
		p.session.active--
	}
	p.Status, p.Ended, p.ArchiveAt = status, at, archiveAt
	w.timers.set(p)
	w.tails.players.push(p)
}

func (e PlayerArchived) apply(w *World, _ Instant) {
	p := w.players[e.ID]
	p.session.players = withoutPlayer(p.session.players, p)
	w.dropPlayer(p)
}

// dropPlayer takes p out of everything but its session's list.
func (w *World) dropPlayer(p *player) {
	w.changing(p)
	w.playerRoster.remove(p, w.frozen())
	w.timers.drop(p)
	w.tails.players.drop()
	delete(w.players, p.ID)
	if rest := withoutPlayer(w.byPlayer[p.Player], p); len(rest) > 0 {
		w.byPlayer[p.Player] = rest
	} else {
		delete(w.byPlayer, p.Player)
	}
}

// withoutPlayer removes p from a list in order of serial numbers.
func withoutPlayer(list []*player, p *player) []*player {
	i, ok := findPlayer(list, p)
	if !ok {
		return list
	}
	return slices.Delete(list, i, i+1)
}

func findPlayer(list []*player, p *player) (int, bool) {
	return slices.BinarySearchFunc(list, p, func(a, b *player) int { return cmp.Compare(a.Serial, b.Serial) })
}
