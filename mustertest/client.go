package mustertest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/musterhq/muster"
)

func createReachesAGameServer(s *stage) {
	v := s.readyServer()
	request := s.request("duel", 4)
	request.Properties = map[string]string{"map": "desert"}
	request.SessionData = "opaque"
	id := s.create(request)
	if id == "" {
		s.Error("the session has no id")
	}
	got := take(s, v.begun, "OnCreateSessionBegin")
	if got.SessionID != id || got.Name != "duel" || got.MaxPlayers != 4 || got.Properties["map"] != "desert" || got.SessionData != "opaque" {
		s.Errorf("the game server was told of %+v, want what was asked for", got)
	}
	take(s, v.active, "OnCreateSessionEnd")
	never(s, v.begun, "OnCreateSessionBegin once more")
}

func createdSessionIsFound(s *stage) {
	v := s.readyServer()
	request := s.request("duel", 4)
	request.CreatorID = "ann"
	request.Properties = map[string]string{"map": "desert"}
	id := s.create(request)
	take(s, v.active, "OnCreateSessionEnd")
	var got *muster.SessionConfig
	s.eventually("the session in a search", func() bool { got = s.find(id); return got != nil })
	if got.Status != muster.SessionActive || got.Name != "duel" || got.CreatorID != "ann" || got.Properties["map"] != "desert" ||
		got.MaxPlayers != 4 || got.CurrentPlayers != 0 || got.CreationTime.IsZero() || !got.TerminationTime.IsZero() {
		s.Errorf("found %+v, want an active session as asked for", got)
	}
}

func createRefusesInvalidRequests(s *stage) {
	s.readyServer()
	for name, request := range map[string]muster.CreateSessionRequest{
		"fleet and alias":         {FleetID: "fleet-a", AliasID: "alias-b", MaxPlayers: 1},
		"queue without placement": {QueueName: "queue", MaxPlayers: 1},
		"placement without queue": {PlacementID: "placement", MaxPlayers: 1},
	} {
		_, err := s.client().CreateSession(s.ctx(), request)
		s.want(name, err, muster.ErrInvalidRequest)
	}
}

// createCutsNothing asks for more than a provider may be able to keep: it says
// so, or keeps it whole.
func createCutsNothing(s *stage) {
	v := s.readyServer()
	long := s.request(strings.Repeat("n", 5000), 4)
	wide := s.request("duel", 4)
	wide.Properties = map[string]string{strings.Repeat("k", 100): strings.Repeat("v", 1000)}
	for name, request := range map[string]muster.CreateSessionRequest{
		"a long name": long, "a long property": wide, "a trillion players": s.request("duel", 1<<40),
	} {
		if _, err := s.tryCreate(request); err != nil {
			s.want(name, err, muster.ErrInvalidRequest)
			continue
		}
		got := take(s, v.begun, "OnCreateSessionBegin")
		if got.Name != request.Name || got.MaxPlayers != request.MaxPlayers || !maps.Equal(got.Properties, request.Properties) {
			s.Errorf("%s: the game server was told of %+v, want what was asked for", name, got)
		}
		v = s.readyServer()
	}
}

func createWithoutCapacity(s *stage) {
	_, err := s.client().CreateSession(s.ctx(), s.request("duel", 2))
	s.want("no game server at all", err, muster.ErrNoCapacity)
	s.newServer(HostOptions{}) // not ready
	_, err = s.client().CreateSession(s.ctx(), s.request("duel", 2))
	s.want("a game server that is not ready", err, muster.ErrNoCapacity)
}

func createTakesOneProcessEach(s *stage) {
	_, first := s.session(2)
	_, err := s.client().CreateSession(s.ctx(), s.request("second", 2))
	s.want("every game server is busy", err, muster.ErrNoCapacity)
	if _, second := s.session(2); second == first {
		s.Errorf("two sessions with the id %q", first)
	}
}

func createIsIdempotent(s *stage) {
	servers := []*server{s.readyServer(), s.readyServer()}
	request := s.request("duel", 2)
	request.IdempotencyToken = "once"
	first := s.create(request)
	again, err := s.client().CreateSession(s.ctx(), request)
	s.must(err)
	if again != first {
		s.Errorf("the same token gives %q and then %q", first, again)
	}
	s.eventually("the session in a search", func() bool { return s.find(first) != nil })
	if begun := len(servers[0].begun) + len(servers[1].begun); begun != 1 {
		s.Errorf("%d game servers were told of the one session", begun)
	}
	request.MaxPlayers = 3
	_, err = s.client().CreateSession(s.ctx(), request)
	s.want("the same token with another request", err, muster.ErrConflict)
}

func cancelledCallsFail(s *stage) {
	_, id := s.session(2)
	ctx, cancel := context.WithCancel(s.ctx())
	cancel()
	_, err := s.Provider.CreateSession(ctx, s.request("duel", 2))
	s.want("create", err, context.Canceled)
	_, err = s.Provider.SearchSessions(ctx, s.query(""))
	s.want("search", err, context.Canceled)
	_, err = s.Provider.ReserveSession(ctx, muster.JoinSessionRequest{SessionID: id, PlayerID: "ann"})
	s.want("reserve", err, context.Canceled)
}

func searchFindsNothing(s *stage) {
	response, err := s.client().SearchSessions(s.ctx(), s.query(""))
	s.must(err)
	if len(response.SessionConfigs) != 0 || response.NextToken != "" {
		s.Errorf("found %+v in an empty service", response)
	}
}

func searchFilters(s *stage) {
	ids := map[string]string{}
	for _, name := range []string{"desert", "ice"} {
		v := s.readyServer()
		request := s.request(name, 1)
		request.Properties = map[string]string{"map": name}
		ids[name] = s.create(request)
		take(s, v.active, "OnCreateSessionEnd")
	}
	s.eventually("both sessions in a search", func() bool { return s.find(ids["ice"]) != nil && s.find(ids["desert"]) != nil })
	s.mustReserve(ids["ice"], "ann") // which fills it
	for filter, want := range map[string][]string{
		"gameSessionName='ice'":                                               {ids["ice"]},
		"gameSessionName='fire'":                                              nil,
		"gameSessionProperties.map='ice'":                                     {ids["ice"]},
		"hasAvailablePlayerSessions=true":                                     {ids["desert"]},
		"hasAvailablePlayerSessions=true AND gameSessionProperties.map='ice'": nil,
	} {
		s.eventually("what matches "+filter, func() bool {
			response, err := s.client().SearchSessions(s.ctx(), s.query(filter))
			s.must(err)
			return slices.Equal(sessionIDs(response.SessionConfigs), want)
		})
	}
}

func sessionIDs(sessions []muster.SessionConfig) (ids []string) {
	for _, session := range sessions {
		ids = append(ids, session.SessionID)
	}
	return ids
}

func searchSortsAndPages(s *stage) {
	var want []string
	for _, players := range []uint64{3, 1, 2} {
		_, id := s.session(players)
		want = append(want, id)
	}
	want = []string{want[1], want[2], want[0]}
	query := s.query("")
	query.SortExpression = "maximumSessions ASC"
	query.MaxResults = 1
	var got []string
	for pages := 1; ; pages++ {
		response, err := s.client().SearchSessions(s.ctx(), query)
		s.must(err)
		if len(response.SessionConfigs) > 1 {
			s.Errorf("a page of %d sessions, want 1 at most", len(response.SessionConfigs))
		}
		got = append(got, sessionIDs(response.SessionConfigs)...)
		if query.NextToken = response.NextToken; query.NextToken == "" {
			break
		}
		if pages > 10 {
			s.Fatal("ten pages of one session, and there are three")
		}
	}
	if !slices.Equal(got, want) {
		s.Errorf("pages hold %v, want %v", got, want)
	}
	query.NextToken = ""
	got = nil
	for session, err := range s.client().AllSessions(s.ctx(), query) {
		s.must(err)
		got = append(got, session.SessionID)
	}
	if !slices.Equal(got, want) {
		s.Errorf("all pages hold %v, want %v", got, want)
	}
}

func searchRefusesInvalidRequests(s *stage) {
	both := muster.SearchSessionsRequest{FleetID: "fleet-a", AliasID: "alias-b"}
	_, err := s.client().SearchSessions(s.ctx(), both)
	s.want("fleet and alias", err, muster.ErrInvalidRequest)
	for _, filter := range []string{"gameSessionName=", "nonsense", "maximumSessions='many"} {
		_, err := s.client().SearchSessions(s.ctx(), s.query(filter))
		s.want("filter "+filter, err, muster.ErrInvalidRequest)
	}
	query := s.query("")
	query.SortExpression = "nonsense UPWARDS"
	_, err = s.client().SearchSessions(s.ctx(), query)
	s.want("sort "+query.SortExpression, err, muster.ErrInvalidRequest)
	query = s.query("")
	query.NextToken = "no token of yours"
	_, err = s.client().SearchSessions(s.ctx(), query)
	s.want("a strange token", err, muster.ErrInvalidRequest)
}

func searchSkipsActivating(s *stage) {
	v := s.newServer(HostOptions{})
	loaded := make(chan struct{})
	load := sync.OnceFunc(func() { close(loaded) })
	defer load()
	v.loading = func() { <-loaded }
	s.must(v.NotifyProcessReady(s.ctx()))
	created := make(chan error, 1)
	go func() { // CreateSession may wait for the game
		_, err := s.tryCreate(s.request("slow", 2))
		created <- err
	}()
	id := take(s, v.begun, "OnCreateSessionBegin").SessionID
	if found := s.find(id); found != nil {
		s.Errorf("found %+v while the game loads", found)
	}
	_, err := s.reserve(id, "ann")
	s.want("a slot in a session that is not active", err, muster.ErrNotActive)
	load()
	take(s, v.active, "OnCreateSessionEnd")
	s.eventually("the session in a search", func() bool { return s.find(id) != nil })
	s.must(take(s, created, "CreateSession to return"))
}

func joinAndLeave(s *stage) {
	v, id := s.lastingSession(2)
	client := s.client()
	client.Handler = &game{server: v, connection: muster.PlayerConnectionConfig{ConnectionID: 1}}
	s.must(client.JoinSession(s.ctx(), muster.JoinSessionRequest{SessionID: id, PlayerID: "ann"}))
	s.wantPlayers(id, 1)
	s.must(client.LeaveSession(s.ctx()))
	s.wantPlayers(id, 0)
	s.want("leaving twice", client.LeaveSession(s.ctx()), muster.ErrNoSession)
}

func (s *stage) wantPlayers(id string, n uint64) {
	s.Helper()
	s.eventually(fmt.Sprintf("%d players in the session", n), func() bool {
		session := s.find(id)
		return session != nil && session.CurrentPlayers == n
	})
}

func joinRefusesInvalidRequests(s *stage) {
	_, id := s.session(2)
	for name, request := range map[string]muster.JoinSessionRequest{
		"no session": {PlayerID: "ann"}, "no player": {SessionID: id},
	} {
		_, err := s.client().ReserveSession(s.ctx(), request)
		s.want(name, err, muster.ErrInvalidRequest)
	}
	_, err := s.reserve(id+"0", "ann")
	s.want("a session that does not exist", err, muster.ErrNotFound)
	slot := s.mustReserve(id, "ann")
	if slot.PlayerSessionID == "" || (slot.IPAddress == "" && slot.DNSName == "") {
		s.Errorf("slot %+v lacks id or address", slot)
	}
	if again := s.mustReserve(id, "bob"); again.PlayerSessionID == slot.PlayerSessionID {
		s.Errorf("two slots with the id %q", slot.PlayerSessionID)
	}
}

func joinFullSession(s *stage) {
	v, id := s.lastingSession(2)
	ann := s.join(v, id, "ann", 1)
	s.mustReserve(id, "bob") // a reservation takes a slot as well
	_, err := s.reserve(id, "carl")
	s.want("a third player in a session of two", err, muster.ErrSessionFull)
	s.must(v.HandlePlayerLeaveSession(s.ctx(), ann))
	s.eventually("the slot of a player who left", func() bool {
		_, err := s.reserve(id, "dora")
		return err == nil
	})
}

func joinLastSlot(s *stage) {
	_, id := s.session(3)
	const callers = 20
	results := make(chan error, callers)
	for i := range callers {
		go func() {
			_, err := s.reserve(id, fmt.Sprint("player-", i))
			results <- err
		}()
	}
	reserved := 0
	for range callers {
		err := <-results
		if err == nil {
			reserved++
		} else {
			s.want("a slot too many", err, muster.ErrSessionFull)
		}
	}
	if reserved != 3 {
		s.Errorf("%d of 3 slots were given away", reserved)
	}
}

func joinClosedSession(s *stage) {
	_, id := s.session(2)
	s.DenyJoins(s.T, id)
	_, err := s.reserve(id, "ann")
	s.want("a slot in a closed session", err, muster.ErrNotActive)
}

func joinReleases(s *stage) {
	_, id := s.session(1)
	client := s.client()
	client.Handler = broken{}
	for range 3 {
		err := client.JoinSession(s.ctx(), muster.JoinSessionRequest{SessionID: id, PlayerID: "ann"})
		s.want("joining without network", err, errNetwork)
		var failed *muster.StepError
		if !errors.As(err, &failed) || failed.Step != muster.StepConnect {
			s.Errorf("%v does not say that connecting failed", err)
		}
	}
	slot := s.mustReserve(id, "bob")
	releaser := s.Provider.(muster.Releaser)
	s.must(releaser.ReleaseSession(s.ctx(), slot))
	s.must(releaser.ReleaseSession(s.ctx(), slot)) // gone already
}

func reservationExpires(s *stage) {
	v, id := s.session(1)
	slot := s.mustReserve(id, "ann")
	_, err := s.reserve(id, "bob")
	s.want("the reserved slot", err, muster.ErrSessionFull)
	s.Advance(cmp.Or(s.ReservationTimeout, time.Minute) + time.Second)
	s.eventually("the slot of an expired reservation", func() bool {
		_, err := s.reserve(id, "bob")
		return err == nil
	})
	late := muster.PlayerConnectionConfig{ConnectionID: 1, PlayerSessionID: slot.PlayerSessionID}
	if err := v.ValidatePlayerJoinSession(s.ctx(), late); err == nil {
		s.Error("an expired reservation lets a player in")
	}
}

func asyncCompletes(s *stage) {
	v := s.readyServer()
	client := s.client()
	client.Handler = &game{server: v, connection: muster.PlayerConnectionConfig{ConnectionID: 1}}
	async := &muster.Async{Sessions: client}
	defer async.Close()
	var id string
	var results []error
	async.Connect(muster.SessionAsyncNotifications{
		OnCreateSessionAsyncComplete:  func(session string, err error) { id = session; results = append(results, err) },
		OnSearchSessionsAsyncComplete: func(_ muster.SearchSessionsResponse, err error) { results = append(results, err) },
		OnJoinSessionAsyncComplete:    func(err error) { results = append(results, err) },
		OnLeaveSessionAsyncComplete:   func(err error) { results = append(results, err) },
	})
	async.JoinSessionAsync(s.ctx(), muster.JoinSessionRequest{})
	async.Wait()
	s.want("joining nothing", errors.Join(results...), muster.ErrInvalidRequest)
	s.eventually("a session created", func() bool {
		results = nil
		async.CreateSessionAsync(s.ctx(), s.request("duel", 2))
		async.Wait()
		return len(results) == 1 && results[0] == nil
	})
	take(s, v.active, "OnCreateSessionEnd")
	s.eventually("the session in a search", func() bool { return s.find(id) != nil })
	results = nil
	async.SearchSessionsAsync(s.ctx(), s.query(""))
	async.Wait()
	async.JoinSessionAsync(s.ctx(), muster.JoinSessionRequest{SessionID: id, PlayerID: "ann"})
	async.Wait()
	async.LeaveSessionAsync(s.ctx())
	async.Wait()
	if err := errors.Join(results...); len(results) != 3 || err != nil {
		s.Errorf("three calls complete with %d results: %v", len(results), err)
	}
}
