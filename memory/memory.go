// Package memory is a provider within this process: no network, no files, no
// accounts. It is for tests and for games that run server and clients
// together; it keeps the same state machine as the muster server, so what
// works here works there.
//
// A [Service] is a muster.Provider; [Service.NewHost] makes game servers for
// it.
package memory

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/musterhq/muster"
	"github.com/musterhq/muster/internal/journal"
	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/search"
	"github.com/musterhq/muster/internal/world"
)

// Options are what a Service can be told. The zero value does.
type Options struct {
	Clock Clock        // nil means the machine's
	Log   *slog.Logger // hears of what nobody waits for; nil means slog.Default()
}

// A Clock is where a Service's time comes from. Its times may carry a monotonic
// reading, as those of package time do. Both methods may be called
// concurrently. One for tests is servertest.Clock.
type Clock interface {
	Now() time.Time
	// Sleep returns after d, or earlier when ctx is done or wake receives. A nil
	// wake never does.
	Sleep(ctx context.Context, d time.Duration, wake <-chan struct{})
}

// A Service holds the sessions of this process. It has one fleet: the FleetID,
// AliasID and Location of requests are not looked at. It has no queues. It
// refuses, with muster.ErrInvalidRequest, what is too long or of another form
// than the muster server takes. Make it with NewService: the zero value returns
// muster.ErrNotInitialized.
type Service struct {
	clock  Clock
	ledger *ledger.Ledger
	stop   context.CancelFunc
	done   chan struct{}

	mu    sync.Mutex
	hosts map[string]*Host // by process id
}

var (
	_ muster.Provider = (*Service)(nil)
	_ muster.Releaser = (*Service)(nil)
)

// The one fleet, its location and its compute.
const (
	fleet    = "fleet-memory"
	location = "custom-memory"
	compute  = "memory"
)

// NewService returns a running Service. Close it when all its hosts are.
func NewService(o Options) *Service {
	if o.Clock == nil {
		o.Clock = ledger.SystemClock{}
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Service{
		clock:  o.Clock,
		ledger: ledger.New(ledger.Config{Journal: &journal.Memory{}, Clock: o.Clock, Log: o.Log}),
		stop:   stop, done: make(chan struct{}), hosts: map[string]*Host{},
	}
	s.ledger.Subscribe(s.committed)
	go func() {
		defer close(s.done)
		s.ledger.Run(ctx) // a journal in memory does not fail
	}()
	return s
}

// Close forgets everything.
func (s *Service) Close() {
	if s.ledger == nil {
		return
	}
	s.stop()
	<-s.done
}

var errNotMade = fmt.Errorf("%w: make the service with NewService and its hosts with Service.NewHost", muster.ErrNotInitialized)

// do is ledger.Do with the names that errors have in package muster, also for a
// service that nobody made.
func do[A any](ctx context.Context, s *Service, cmd world.Command[A]) (answer A, err error) {
	if s.ledger == nil {
		return answer, errNotMade
	}
	answer, err = ledger.Do(ctx, s.ledger, cmd)
	return answer, translate(err)
}

// furnish makes the fleet unless it is there. Others may be at it, too: what
// they have made already is passed over, and the rest is made.
func (s *Service) furnish(ctx context.Context) error {
	_, err := do(ctx, s, world.CreateLocation{Name: location})
	if err == nil || errors.Is(err, world.ErrConflict) {
		_, err = do(ctx, s, world.CreateFleet{ID: fleet, Name: "memory", Locations: []string{location}})
	}
	if err == nil || errors.Is(err, world.ErrConflict) {
		_, err = do(ctx, s, world.RegisterCompute{Fleet: fleet, Name: compute, IP: "127.0.0.1", Location: location})
	}
	return err
}

// CreateSession implements muster.Provider.
func (s *Service) CreateSession(ctx context.Context, r muster.CreateSessionRequest) (string, error) {
	if err := checkCreate(r); err != nil {
		return "", err
	}
	if err := s.furnish(ctx); err != nil {
		return "", err
	}
	session, err := do(ctx, s, world.CreateGameSession{
		ID: uuid.NewString(), Fleet: fleet, Name: r.Name, Creator: r.CreatorID, Maximum: int(r.MaxPlayers),
		Properties: r.Properties, Data: r.SessionData, Token: r.IdempotencyToken,
	})
	return session.ID, err
}

// pageSize is how many sessions a page has at the most, as at GameLift.
const pageSize = 20

// SearchSessions implements muster.Provider.
func (s *Service) SearchSessions(ctx context.Context, r muster.SearchSessionsRequest) (muster.SearchSessionsResponse, error) {
	var none muster.SearchSessionsResponse
	if err := checkSearch(r); err != nil {
		return none, err
	}
	filter, err := search.ParseFilter(r.FilterExpression)
	if err != nil {
		return none, fmt.Errorf("%w: filter expression: %w", muster.ErrInvalidRequest, err)
	}
	sort, err := search.ParseSort(r.SortExpression)
	if err != nil {
		return none, fmt.Errorf("%w: sort expression: %w", muster.ErrInvalidRequest, err)
	}
	if err := s.furnish(ctx); err != nil {
		return none, err
	}
	q := search.Query{Filter: filter, Sort: sort, Limit: pageSize, After: r.NextToken}
	if r.MaxResults > 0 {
		q.Limit = min(r.MaxResults, pageSize)
	}
	sessions, next, err := s.ledger.Search(ctx, fleet, "", q)
	if err != nil {
		return none, translate(err)
	}
	found := muster.SearchSessionsResponse{NextToken: next}
	for _, v := range sessions {
		found.SessionConfigs = append(found.SessionConfigs, config(v))
	}
	return found, nil
}

// ReserveSession implements muster.Provider.
func (s *Service) ReserveSession(ctx context.Context, r muster.JoinSessionRequest) (muster.SessionConnectionConfig, error) {
	if err := checkReserve(r); err != nil {
		return muster.SessionConnectionConfig{}, err
	}
	players, err := do(ctx, s, world.CreatePlayerSessions{
		Session: r.SessionID,
		Players: []world.ReservedPlayer{{ID: "psess-" + uuid.NewString(), Player: r.PlayerID, Data: r.PlayerData}},
	})
	if err != nil {
		return muster.SessionConnectionConfig{}, err
	}
	p := players[0]
	return muster.SessionConnectionConfig{PlayerSessionID: p.ID, IPAddress: p.IP, Port: uint16(p.Port)}, nil
}

// ReleaseSession implements muster.Releaser.
func (s *Service) ReleaseSession(ctx context.Context, c muster.SessionConnectionConfig) error {
	_, err := do(ctx, s, world.ReleasePlayer{ID: c.PlayerSessionID})
	if errors.Is(err, world.ErrNotFound) {
		return nil // gone already
	}
	return err
}

func config(s world.GameSession) muster.SessionConfig {
	c := muster.SessionConfig{
		CreationTime: s.Created.Time(), CreatorID: s.Creator, Properties: maps.Clone(s.Properties),
		MatchmakingData: s.MatchmakerData, SessionData: s.Data, SessionID: s.ID, Name: s.Name,
		DNSName: s.DNS, IPAddress: s.IP, Port: uint16(s.Port), MaxPlayers: uint64(s.Maximum), CurrentPlayers: uint64(s.Players),
		Status: muster.SessionStatus(s.Status), StatusReason: muster.SessionStatusReason(s.Reason),
	}
	if s.Ended != 0 {
		c.TerminationTime = s.Ended.Time()
	}
	return c
}

// translate gives a refusal the name it has in package muster.
func translate(err error) error {
	var code world.Code
	switch {
	case errors.Is(err, search.ErrCursor):
		return fmt.Errorf("%w: %w", muster.ErrInvalidRequest, err)
	case errors.Is(err, ledger.ErrClosed):
		return muster.ErrClosed
	}
	if !errors.As(err, &code) {
		return err
	}
	names := map[world.Code]error{
		world.ErrInvalidRequest: muster.ErrInvalidRequest,
		world.ErrNotFound:       muster.ErrNotFound,
		world.ErrUnauthorized:   muster.ErrUnauthorized,
		world.ErrConflict:       muster.ErrConflict,
		world.ErrTokenMismatch:  muster.ErrConflict,
		world.ErrFleetStatus:    muster.ErrNotActive,
		world.ErrSessionStatus:  muster.ErrNotActive,
		world.ErrSessionFull:    muster.ErrSessionFull,
		world.ErrNoCapacity:     muster.ErrNoCapacity,
		world.ErrLimitExceeded:  muster.ErrNoCapacity,
	}
	return fmt.Errorf("%w: %w", names[code], err)
}

// committed tells the hosts what concerns them.
func (s *Service) committed(commits []world.Commit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range slices.Concat(eventsOf(commits)...) {
		switch e := e.(type) {
		case world.SessionCreated:
			s.hosts[e.Session.Process].begin(config(e.Session))
		case world.ProcessTerminationBegan:
			s.hosts[e.Key.Process].terminate(e.Reason)
		}
	}
}

func eventsOf(commits []world.Commit) [][]world.Event {
	out := make([][]world.Event, len(commits))
	for i, c := range commits {
		out[i] = c.Events
	}
	return out
}
