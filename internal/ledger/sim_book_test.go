package ledger_test

import (
	"bytes"
	"fmt"
	"hash/fnv"

	"github.com/musterhq/muster/internal/search"
	"github.com/musterhq/muster/internal/world"
)

// A book is what the journal says, kept apart from every ledger: it reads each
// block once it is durable and holds what must be true of all of them, across
// crashes, snapshots and the archive. Commits are counted from 1.
type book struct {
	blocks  [][]byte
	ends    []int // commits up to the end of each block
	world   *world.World
	digests []uint64 // of the world after so many commits
	found   []string // by a search of that world

	sessions map[string]*noted
	players  map[string]*noted
	tokens   map[string]string        // session by token
	opened   map[world.ProcessKey]int // by which commit
	busy     map[world.ProcessKey]string
	refused  map[string]bool // players that were refused: they must not come to be

	order struct{ sessions, players []string } // of creation
}

// A noted entity is what was said of it, and by which commit.
type noted struct {
	session string // of a player
	key     world.ProcessKey
	maximum int
	group   string // of players reserved together
	said    []remark
}

type remark struct {
	commit int
	rank   int
}

// How far a game session or a player session has come. No rank goes down.
const (
	rankNone = iota
	rankNew
	rankActive
	rankEnding
	rankOver
)

func newBook(s world.Settings) *book {
	w := world.New(s)
	return &book{
		world: w, digests: []uint64{digest(w)}, found: []string{findAll(w)},
		sessions: map[string]*noted{}, players: map[string]*noted{}, tokens: map[string]string{},
		opened: map[world.ProcessKey]int{}, busy: map[world.ProcessKey]string{}, refused: map[string]bool{},
	}
}

// digest is of all that is in a world.
func digest(w *world.World) uint64 {
	var b bytes.Buffer
	if err := w.Write(&b); err != nil {
		panic(err)
	}
	h := fnv.New64a()
	h.Write(b.Bytes())
	return h.Sum64()
}

// findAll is what a search without a filter finds.
func findAll(w *world.World) string {
	found, _, err := w.Search(fleetID, "", search.Query{})
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(found)
}

func (b *book) commits() int { return len(b.digests) - 1 }

// rank is how far an entity had come after so many commits.
func (n *noted) rank(commit int) int {
	rank := rankNone
	if n == nil {
		return rank
	}
	for _, r := range n.said {
		if r.commit <= commit {
			rank = r.rank
		}
	}
	return rank
}

func (n *noted) now() int { return n.rank(1 << 62) }

// since is the commit by which an entity came to a rank or past it, or false.
func (n *noted) since(rank int) (commit int, ok bool) {
	if n == nil {
		return 0, false
	}
	for _, r := range n.said {
		if r.rank >= rank {
			return r.commit, true
		}
	}
	return 0, false
}

// add reads the next block.
func (b *book) add(data []byte) error {
	commits, err := world.DecodeCommits(data)
	if err != nil {
		return err
	}
	for _, c := range commits {
		b.world.Apply(c.At, c.Events)
		b.digests = append(b.digests, digest(b.world))
		b.found = append(b.found, findAll(b.world))
		for _, e := range c.Events {
			if err := b.note(e); err != nil {
				return fmt.Errorf("commit %d: %T: %w", b.commits(), e, err)
			}
		}
		if err := b.checkSeats(); err != nil {
			return fmt.Errorf("commit %d: %w", b.commits(), err)
		}
	}
	b.blocks, b.ends = append(b.blocks, data), append(b.ends, b.commits())
	return b.world.Check()
}

func (b *book) note(e world.Event) error {
	switch e := e.(type) {
	case world.ProcessOpened:
		b.opened[e.Process.Key] = b.commits()
	case world.SessionCreated:
		return b.created(e.Session)
	case world.SessionActivated:
		return b.say(b.sessions[e.ID], rankActive)
	case world.SessionUpdated:
		b.sessions[e.ID].maximum = e.Maximum
	case world.SessionTerminationBegan:
		return b.say(b.sessions[e.ID], rankEnding)
	case world.SessionEnded:
		return b.ended(e.ID)
	case world.PlayersReserved:
		return b.reserved(e)
	case world.PlayerAccepted:
		return b.say(b.players[e.ID], rankActive)
	case world.PlayerEnded:
		return b.say(b.players[e.ID], rankOver)
	}
	return nil
}

// say notes that an entity has come to a rank. Each is reached once; only the
// reason of an ending session may still change.
func (b *book) say(n *noted, rank int) error {
	if n == nil {
		return fmt.Errorf("of something that does not exist")
	}
	if was := n.now(); was > rank || was == rank && rank != rankEnding {
		return fmt.Errorf("rank %d after %d: it ends twice, or goes back", rank, was)
	}
	n.said = append(n.said, remark{b.commits(), rank})
	return nil
}

func (b *book) created(s world.GameSession) error {
	switch key := s.Key(); {
	case b.sessions[s.ID] != nil:
		return fmt.Errorf("game session %s is created twice", s.ID)
	case s.Token != "" && b.tokens[s.Token] != "":
		return fmt.Errorf("token %s gives %s and %s", s.Token, b.tokens[s.Token], s.ID)
	case b.busy[key] != "":
		return fmt.Errorf("process %s hosts %s and %s", key.Process, b.busy[key], s.ID)
	}
	n := &noted{key: s.Key(), maximum: s.Maximum}
	b.sessions[s.ID], b.busy[s.Key()] = n, s.ID
	b.order.sessions = append(b.order.sessions, s.ID)
	if s.Token != "" {
		b.tokens[s.Token] = s.ID
	}
	return b.say(n, rankNew)
}

func (b *book) ended(id string) error {
	n := b.sessions[id]
	if err := b.say(n, rankOver); err != nil {
		return err
	}
	for _, player := range b.order.players {
		if p := b.players[player]; p.session == id && p.now() < rankOver {
			if err := b.say(p, rankOver); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *book) reserved(e world.PlayersReserved) error {
	for _, r := range e.Players {
		if b.players[r.ID] != nil || b.refused[r.ID] {
			return fmt.Errorf("player session %s is there already, or was refused", r.ID)
		}
		n := &noted{session: e.Session, group: e.Players[0].ID}
		b.players[r.ID] = n
		b.order.players = append(b.order.players, r.ID)
		if err := b.say(n, rankNew); err != nil {
			return err
		}
	}
	return nil
}

// checkSeats counts the players of each game session.
func (b *book) checkSeats() error {
	taken := map[string]int{}
	for _, id := range b.order.players {
		if p := b.players[id]; p.now() < rankOver {
			taken[p.session]++
		}
	}
	for id, n := range taken {
		if s := b.sessions[id]; n > s.maximum || s.now() == rankOver {
			return fmt.Errorf("game session %s has %d players of %d", id, n, s.maximum)
		}
	}
	return nil
}
