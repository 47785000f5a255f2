package mustertest_test

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/musterhq/muster"
	"github.com/musterhq/muster/internal/hosting"
	"github.com/musterhq/muster/mustertest"
)

// solution is a dedicated-server solution as small as the suite allows. Its
// fault, if any, is one thing that it does wrong.
type solution struct {
	fault string

	mu        sync.Mutex
	ahead     time.Duration // how far its time was advanced
	processes []*process
	free      []*process
	sessions  []*session
	tokens    map[string]*session
	serial    int
}

type session struct {
	muster.SessionConfig
	request muster.CreateSessionRequest
	process *process
	slots   map[string]*slot
	denied  bool
}

type slot struct {
	state   string // reserved, active or over
	expires time.Time
}

func (s *solution) now() time.Time { return time.Now().Add(s.ahead) }

func (s *solution) is(fault string) bool { return s.fault == fault }

// taken is how many slots are not free.
func (s *solution) taken(in *session) (n uint64) {
	for _, slot := range in.slots {
		if slot.state == "reserved" && s.now().After(slot.expires) && !s.is("reserves for ever") {
			slot.state = "over"
		}
		if slot.state != "over" {
			n++
		}
	}
	return n
}

func (s *solution) CreateSession(ctx context.Context, request muster.CreateSessionRequest) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil && !s.is("ignores contexts") {
		return "", ctx.Err()
	}
	if earlier := s.tokens[request.IdempotencyToken]; earlier != nil && !s.is("forgets tokens") {
		if earlier.request.MaxPlayers != request.MaxPlayers {
			return "", muster.ErrConflict
		}
		return earlier.SessionID, nil
	}
	if len(s.free) == 0 {
		return "", muster.ErrNoCapacity
	}
	s.serial++
	created := &session{request: request, process: s.free[0], slots: map[string]*slot{}, SessionConfig: muster.SessionConfig{
		SessionID: fmt.Sprint("session-", s.serial), CreationTime: s.now(), CreatorID: request.CreatorID, Name: request.Name,
		Properties: maps.Clone(request.Properties), SessionData: request.SessionData, MaxPlayers: request.MaxPlayers,
		IPAddress: "127.0.0.1", Port: 7777, Status: muster.SessionActivating,
	}}
	if s.is("loses properties") {
		created.Properties = nil
	}
	if s.is("counts to a million") {
		created.MaxPlayers = min(created.MaxPlayers, 1_000_000)
	}
	if !s.is("shares processes") {
		s.free = s.free[1:]
	}
	created.process.hosted = created
	s.sessions = append(s.sessions, created)
	if request.IdempotencyToken != "" {
		s.tokens[request.IdempotencyToken] = created
	}
	config := created.Clone()
	created.process.all.Go(func() { created.process.CreateSession(context.WithoutCancel(ctx), config) })
	return created.SessionID, nil
}

func (s *solution) SearchSessions(ctx context.Context, request muster.SearchSessionsRequest) (muster.SearchSessionsResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var response muster.SearchSessionsResponse
	if ctx.Err() != nil {
		return response, ctx.Err()
	}
	if request.SortExpression != "" && request.SortExpression != "maximumSessions ASC" {
		return response, muster.ErrInvalidRequest
	}
	for _, in := range s.sessions {
		matches, err := s.matches(in, request.FilterExpression)
		if err != nil {
			return response, err
		}
		if matches && (in.Status == muster.SessionActive || s.is("finds loading sessions") && in.Status == muster.SessionActivating) {
			found := in.Clone()
			found.CurrentPlayers = s.taken(in)
			response.SessionConfigs = append(response.SessionConfigs, found)
		}
	}
	return s.page(response, request)
}

func (s *solution) matches(in *session, filter string) (bool, error) {
	if filter == "" || s.is("ignores filters") {
		return true, nil
	}
	for term := range strings.SplitSeq(filter, " AND ") {
		operand, value, _ := strings.Cut(term, "=")
		value = strings.Trim(value, "'")
		got := map[string]string{
			"gameSessionName": in.Name, "gameSessionProperties.map": in.Properties["map"],
			"hasAvailablePlayerSessions": strconv.FormatBool(s.taken(in) < in.MaxPlayers),
		}[operand]
		if value == "" || got == "" && operand != "gameSessionProperties.map" {
			return false, muster.ErrInvalidRequest
		}
		if got != value {
			return false, nil
		}
	}
	return true, nil
}

func (s *solution) page(all muster.SearchSessionsResponse, request muster.SearchSessionsRequest) (muster.SearchSessionsResponse, error) {
	if request.SortExpression != "" {
		slices.SortFunc(all.SessionConfigs, func(a, b muster.SessionConfig) int { return cmp.Compare(a.MaxPlayers, b.MaxPlayers) })
	}
	if _, err := s.matches(&session{}, request.FilterExpression); err != nil && !strings.HasPrefix(request.FilterExpression, "gameSessionName='") {
		return muster.SearchSessionsResponse{}, err
	}
	first := 0
	if request.NextToken != "" {
		var err error
		if first, err = strconv.Atoi(request.NextToken); err != nil {
			return muster.SearchSessionsResponse{}, muster.ErrInvalidRequest
		}
	}
	size := request.MaxResults
	if size == 0 || s.is("knows no pages") {
		size = len(all.SessionConfigs)
	}
	last := min(first+size, len(all.SessionConfigs))
	if last < len(all.SessionConfigs) {
		all.NextToken = strconv.Itoa(last)
	}
	all.SessionConfigs = all.SessionConfigs[first:last]
	return all, nil
}

func (s *solution) find(id string) (*session, error) {
	for _, in := range s.sessions {
		if in.SessionID == id {
			return in, nil
		}
	}
	return nil, muster.ErrNotFound
}

func (s *solution) ReserveSession(ctx context.Context, request muster.JoinSessionRequest) (muster.SessionConnectionConfig, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil {
		return muster.SessionConnectionConfig{}, ctx.Err()
	}
	in, err := s.find(request.SessionID)
	switch {
	case err != nil:
	case in.denied || in.Status != muster.SessionActive && !s.is("sells seats while loading"):
		err = muster.ErrNotActive
	case s.taken(in) >= in.MaxPlayers && !s.is("oversells"):
		err = muster.ErrSessionFull
	}
	if err != nil {
		return muster.SessionConnectionConfig{}, err
	}
	s.serial++
	id := fmt.Sprint("psess-", s.serial)
	in.slots[id] = &slot{state: "reserved", expires: s.now().Add(time.Minute)}
	return muster.SessionConnectionConfig{PlayerSessionID: id, IPAddress: in.IPAddress, Port: in.Port}, nil
}

func (s *solution) ReleaseSession(_ context.Context, connection muster.SessionConnectionConfig) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, in := range s.sessions {
		if slot := in.slots[connection.PlayerSessionID]; slot != nil && !s.is("keeps released slots") {
			slot.state = "over"
		}
	}
	return nil
}

// process is a game server of the solution, and the solution as that sees it.
type process struct {
	hosting.Process
	solution *solution
	hosted   *session
	over     bool
	all      sync.WaitGroup
}

func (p *process) Connect(handler muster.SessionNotifications) func() {
	return p.Notifications.Connect(handler)
}

func (p *process) NotifyProcessReady(ctx context.Context) error {
	if err := p.announce(); err != nil {
		return err
	}
	reported := make(chan error, 1)
	p.all.Go(func() { reported <- p.report() })
	select {
	case <-reported:
		return nil
	case <-ctx.Done():
	}
	if p.solution.is("waits for health") {
		return ctx.Err()
	}
	return nil
}

func (p *process) announce() error {
	p.solution.mu.Lock()
	defer p.solution.mu.Unlock()
	again := slices.Contains(p.solution.processes, p) && !p.solution.is("is ready twice")
	dying := !p.over && p.Ending() && !p.solution.is("takes the dying")
	if again || dying || p.over && !p.solution.is("revives the dead") {
		return muster.ErrConflict
	}
	p.solution.processes = append(p.solution.processes, p)
	return nil
}

// report lets the process have a session if the game is healthy.
func (p *process) report() error {
	err := p.CheckHealth(context.Background())
	p.solution.mu.Lock()
	defer p.solution.mu.Unlock()
	if err == nil || p.solution.is("ignores health") {
		p.solution.free = append(p.solution.free, p)
	}
	return err
}

func (p *process) ExternalSessionCertificate(context.Context) (string, error) { return "", nil }
func (p *process) InternalSessionCertificate(context.Context) (string, error) { return "", nil }

func (p *process) ValidatePlayerJoinSession(ctx context.Context, connection muster.PlayerConnectionConfig) error {
	if p.solution.is("lets everybody in") {
		return nil
	}
	return p.Process.ValidatePlayerJoinSession(ctx, connection)
}

func (p *process) ActivateSession(context.Context, string) error {
	p.solution.mu.Lock()
	defer p.solution.mu.Unlock()
	p.hosted.Status = muster.SessionActive
	return nil
}

func (p *process) AcceptPlayer(_ context.Context, _, _, id string) error {
	p.solution.mu.Lock()
	defer p.solution.mu.Unlock()
	p.solution.taken(p.hosted) // expires
	slot := p.hosted.slots[id]
	if slot == nil {
		return muster.ErrNotFound
	}
	if slot.state != "reserved" && !p.solution.is("accepts twice") {
		return muster.ErrNotActive
	}
	slot.state = "active"
	return nil
}

func (p *process) RemovePlayer(_ context.Context, _, id string) error {
	p.solution.mu.Lock()
	defer p.solution.mu.Unlock()
	if !p.solution.is("keeps players who left") {
		p.hosted.slots[id].state = "over"
	}
	return nil
}

func (p *process) EndProcess(context.Context) error {
	p.solution.mu.Lock()
	defer p.solution.mu.Unlock()
	p.over = true
	if p.hosted != nil && !p.solution.is("ends no session") {
		p.hosted.Status = muster.SessionTerminated
	}
	if p.solution.is("uses dead processes") {
		p.solution.free = append(p.solution.free, p)
	}
	return nil
}

// advance moves the time, and asks every process for its health.
func (s *solution) advance(d time.Duration) {
	s.mu.Lock()
	s.ahead += d
	all := slices.Clone(s.processes)
	s.mu.Unlock()
	for _, p := range all {
		p.CheckHealth(context.Background())
	}
}

// fixture returns a new solution with the given fault.
func fixture(fault string) mustertest.Fixture {
	s := &solution{fault: fault, tokens: map[string]*session{}}
	return mustertest.Fixture{
		Provider: s,
		NewHost: func(t *testing.T, options mustertest.HostOptions) muster.Host {
			p := &process{solution: s}
			p.Service = p
			p.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
			p.KeepEmpty = options.KeepEmptySession && fault != "ends every empty session" || fault == "ends no empty session"
			t.Cleanup(func() { p.all.Wait(); p.Close() })
			return p
		},
		Advance: s.advance,
		DenyJoins: func(_ *testing.T, id string) {
			s.mu.Lock()
			defer s.mu.Unlock()
			if in, err := s.find(id); err == nil && fault != "lets players into closed sessions" {
				in.denied = true
			}
		},
		Patience: patience(fault),
	}
}

func patience(fault string) time.Duration {
	if fault != "" {
		return 200 * time.Millisecond // it is going to fail
	}
	return 0
}
