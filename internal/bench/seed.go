package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/google/uuid"

	"github.com/musterhq/muster/internal/journal/sqlite"
	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/world"
)

// A seed is a data folder being filled through a ledger of this process, by
// the commands that a server would have run.
type seed struct {
	ledger  *ledger.Ledger
	journal *sqlite.Journal
	cancel  context.CancelFunc
	done    chan error
}

// The one fleet of a seeded folder.
const (
	seedFleet    = "fleet-00000000-0000-4000-8000-000000000001"
	seedLocation = "custom-bench"
	seedCompute  = "bench-machine"
)

// sowers is how many commands are under way while a folder is filled.
const sowers = 256

func openSeed(ctx context.Context, dir string) (*seed, error) {
	j, err := sqlite.Open(dir, nil)
	if err != nil {
		return nil, err
	}
	keep, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s := &seed{
		ledger:  ledger.New(ledger.Config{Journal: j, Settings: world.Settings{Reservation: forever, Health: forever}}),
		journal: j, cancel: cancel, done: make(chan error, 1),
	}
	go func() { s.done <- s.ledger.Run(keep) }()
	if _, err := s.ledger.Now(ctx); err != nil { // once it has recovered
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *seed) close() error {
	s.cancel()
	return errors.Join(<-s.done, s.journal.Close())
}

// furnish makes the fleet of an empty folder.
func (s *seed) furnish(ctx context.Context) error {
	if _, err := ledger.Do(ctx, s.ledger, world.CreateLocation{Name: seedLocation}); err != nil {
		return err
	}
	if _, err := ledger.Do(ctx, s.ledger, world.CreateFleet{ID: seedFleet, Name: "bench", Locations: []string{seedLocation}}); err != nil {
		return err
	}
	_, err := ledger.Do(ctx, s.ledger, world.RegisterCompute{Fleet: seedFleet, Name: seedCompute, IP: "127.0.0.1", Location: seedLocation})
	return err
}

// A plot is one game session to be made.
type plot struct {
	world.CreateGameSession
	players int // that have a slot
}

// sow makes n ACTIVE game sessions and returns their ARNs.
func (s *seed) sow(ctx context.Context, n int, of func(i int) plot) ([]string, error) {
	arns, failed := make([]string, n), make([]error, sowers)
	var all sync.WaitGroup
	for sower := range sowers {
		all.Go(func() {
			for i := sower; i < n && failed[sower] == nil; i += sowers {
				arns[i], failed[sower] = s.plant(ctx, of(i))
			}
		})
	}
	all.Wait()
	return arns, errors.Join(failed...)
}

// plant makes one ACTIVE game session on a server process of its own.
func (s *seed) plant(ctx context.Context, p plot) (arn string, err error) {
	key := world.ProcessKey{Fleet: seedFleet, Compute: seedCompute, Process: uuid.NewString()}
	if _, err := ledger.Do(ctx, s.ledger, world.ConnectProcess{Key: key, Conn: uuid.NewString(), Trusted: true}); err != nil {
		return "", err
	}
	if _, err := ledger.Do(ctx, s.ledger, world.ActivateProcess{Key: key, Port: 7777}); err != nil {
		return "", err
	}
	if _, err := ledger.Do(ctx, s.ledger, world.Heartbeat{Key: key, Healthy: true}); err != nil {
		return "", err
	}
	p.ID, p.Fleet = uuid.NewString(), seedFleet
	made, err := ledger.Do(ctx, s.ledger, p.CreateGameSession)
	if err != nil {
		return "", err
	}
	if _, err := ledger.Do(ctx, s.ledger, world.ActivateGameSession{Process: made.Key(), ID: made.ID}); err != nil {
		return "", err
	}
	return made.ID, s.seat(ctx, made.ID, p.players)
}

func (s *seed) seat(ctx context.Context, arn string, players int) error {
	if players == 0 {
		return nil
	}
	cmd := world.CreatePlayerSessions{Session: arn}
	for range players {
		id := uuid.NewString()
		cmd.Players = append(cmd.Players, world.ReservedPlayer{ID: "psess-" + id, Player: "player-" + id})
	}
	_, err := ledger.Do(ctx, s.ledger, cmd)
	return err
}

// seats is the most players that a game session takes.
const seats = 200

// hall is a game session with all its slots free.
func hall(i int) plot {
	return plot{world.CreateGameSession{Name: fmt.Sprint("hall ", i), Maximum: seats}, 0}
}

// halls makes a folder with n halls and returns their ARNs.
func halls(ctx context.Context, data string, n int) ([]string, error) {
	s, err := openSeed(ctx, data)
	if err != nil {
		return nil, err
	}
	var arns []string
	if err = s.furnish(ctx); err == nil {
		arns, err = s.sow(ctx, n, hall)
	}
	return arns, errors.Join(err, s.close())
}

// city is a game session as searches look for it. Its players are two in the
// mean; a fifth of all cities have no free slot.
func city(i int) plot {
	return plot{world.CreateGameSession{
		Name: fmt.Sprint("game ", i), Maximum: 4,
		Properties: map[string]string{
			"map": fmt.Sprint("map", i%16), "mode": fmt.Sprint("mode", i%8), "level": fmt.Sprint(i % 100), "region": fmt.Sprint("region", i%5),
		},
	}, i % 5}
}

// cities returns the folder with the scale's game sessions, which the first
// measurement that needs it makes.
func (r *run) cities(ctx context.Context) (data string, err error) {
	data = r.folder("cities")
	if _, err := os.Stat(data); err == nil {
		return data, nil
	}
	s, err := openSeed(ctx, data)
	if err != nil {
		return "", err
	}
	if err = s.furnish(ctx); err == nil {
		_, err = s.sow(ctx, r.Scale.Sessions, city)
	}
	return data, errors.Join(err, s.close())
}
