package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/search"
)

// The clients of the loaded search: some search, some join, paced so many times
// a second each, or without pause, so that both processes want the whole machine.
const (
	searchers = 8
	joiners   = 8
	paced     = 500
)

// results is how many game sessions a search asks for.
const results = 20

// filterOf and sortOf make the i-th search: two filters, sorted.
func filterOf(i int) string {
	return fmt.Sprintf("gameSessionProperties.mode = 'mode%d' AND hasAvailablePlayerSessions = true", i%8)
}

func sortOf(i int) string {
	return []string{"creationTimeMillis ASC", "playerSessionCount DESC", "gameSessionProperties.level DESC", "gameSessionName ASC"}[i/8%4]
}

// searches measures SearchGameSessions in this process and over HTTP.
func searches(ctx context.Context, r *run) error {
	data, err := r.cities(ctx)
	if err != nil {
		return err
	}
	arns, err := r.searchInside(ctx, data)
	if err != nil {
		return err
	}
	c, err := r.load(ctx, data)
	if err != nil {
		return err
	}
	if err := errors.Join(r.searchLoaded(ctx, c, arns), c.stop()); err != nil || r.Scale.Index == 0 {
		return err
	}
	return r.searchIndex(ctx)
}

// searchInside searches the folder without a server, and adds halls to it for
// those who will join. It leaves a fresh snapshot: the server that follows is
// measured when it serves, not while it makes one of what it has just read.
func (r *run) searchInside(ctx context.Context, data string) (arns []string, err error) {
	s, err := openSeed(ctx, data)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	i := 0
	took, err := times(ctx, r.Scale.Searches, func() error { i++; return searchOnce(ctx, s.ledger, i) })
	if err != nil {
		return nil, err
	}
	how := fmt.Sprintf("two filters, sorted, %d results, from expressions to game sessions: %d searches one after another", results, r.Scale.Searches)
	r.reportSearch(fmt.Sprintf("search of %d, inside", r.Scale.Sessions), how, "under 0.5 ms", took)
	arns, err = s.sow(ctx, int(2*float64(r.Scale.Pairs+1)*r.Scale.Round.Seconds()*(fastest+paced))/seats+1, hall)
	return arns, errors.Join(err, s.ledger.Snapshot(ctx))
}

func (r *run) reportSearch(name, how, aim string, took []time.Duration) {
	r.report(name+", p50", milliseconds(quantile(took, 0.5)), "", how)
	r.report(name+", p99", milliseconds(quantile(took, 0.99)), aim, "the same searches")
}

func query(i int) (q search.Query, err error) {
	if q.Filter, err = search.ParseFilter(filterOf(i)); err != nil {
		return q, err
	}
	q.Sort, err = search.ParseSort(sortOf(i))
	q.Limit, q.Seed = results, uint64(i)
	return q, err
}

func searchOnce(ctx context.Context, l *ledger.Ledger, i int) error {
	q, err := query(i)
	if err != nil {
		return err
	}
	found, _, err := l.Search(ctx, seedFleet, "", q)
	if err == nil && len(found) == 0 {
		err = errors.New("a search has found nothing")
	}
	return err
}

// searchLoaded has some clients search while others join: first as many times a
// second as the machine can well do, then without pause. In turns with the
// searches the same clients ask the baseline, beside the same joins: what is
// late there is late by the machine. The first turn warms up.
func (r *run) searchLoaded(ctx context.Context, c *child, arns []string) error {
	d := &doorkeeper{arns: arns}
	name := fmt.Sprintf("search of %d, over HTTP", r.Scale.Sessions)
	for _, load := range []struct {
		name, aim string
		press     func(crowd, func(*client) error) (round, error)
	}{
		{" under load", "under 5 ms", func(cr crowd, do func(*client) error) (round, error) {
			return cr.pace(ctx, r.Scale.Round, paced, do)
		}},
		{" without pause", "", func(cr crowd, do func(*client) error) (round, error) { return cr.press(ctx, r.Scale.Round, do) }},
	} {
		var found, beside, floor round
		for turn := range r.Scale.Pairs + 1 {
			done := r.profileBeside(ctx, c, "search"+strings.ReplaceAll(load.name, " ", "-"), turn == r.Scale.Pairs)
			searched, joined, err := searchBeside(ctx, c, c.Server, d, load.press)
			if err := errors.Join(err, <-done); err != nil {
				return err
			}
			noop, _, err := searchBeside(ctx, c, c.Instruments, d, load.press)
			if err != nil {
				return err
			}
			if turn > 0 {
				found.add(searched)
				beside.add(joined)
				floor.add(noop)
			}
		}
		how := fmt.Sprintf("JSON, SigV4; %d clients make %.0f searches a second, %d others %.0f joins", searchers, found.rate, joiners, beside.rate)
		if len(found.late) > 0 {
			how += fmt.Sprintf("; the clients woke up late by %.2f ms, p99 %.2f ms", milliseconds(quantile(found.late, 0.5)).Value, milliseconds(quantile(found.late, 0.99)).Value)
		}
		r.reportSearch(name+load.name, how, load.aim, found.took)
		r.reportSearch(name+load.name+", of the HTTP stack", "the same clients ask a handler that checks the signature and answers a fixed body, beside the same joins", "", floor.took)
	}
	return nil
}

// searchBeside has some clients search at a door while others join.
func searchBeside(ctx context.Context, c *child, door string, d *doorkeeper, press func(crowd, func(*client) error) (round, error)) (found, beside round, err error) {
	looking, err := gather(ctx, door, searchers)
	if err != nil {
		return found, beside, err
	}
	defer looking.disperse()
	joining, err := gather(ctx, c.Server, joiners)
	if err != nil {
		return found, beside, err
	}
	defer joining.disperse()
	failed := make(chan error, 1)
	go func() {
		var err error
		beside, err = press(joining, func(c *client) error { return d.join(c, jsonWire, true) })
		failed <- err
	}()
	found, err = press(looking, func(c *client) error {
		i := rand.IntN(32)
		body := fmt.Sprintf(`{"FleetId":"%s","Limit":%d,"FilterExpression":"%s","SortExpression":"%s"}`, seedFleet, results, filterOf(i), sortOf(i))
		_, err := c.send(jsonWire, "SearchGameSessions", []byte(body))
		return err
	})
	return found, beside, errors.Join(err, <-failed)
}

// searchIndex searches an index alone.
func (r *run) searchIndex(ctx context.Context) error {
	var x search.Index
	for i := range r.Scale.Index {
		p := city(i)
		x.Put(search.Doc{
			ID: fmt.Sprintf("session-%09d", i), Name: p.Name, Location: seedLocation, Properties: p.Properties,
			Maximum: p.Maximum, Players: p.players, Created: int64(i),
		})
	}
	i := 0
	took, err := times(ctx, r.Scale.Searches, func() error {
		i++
		q, err := query(i)
		if err == nil {
			_, _, err = x.Search(q)
		}
		return err
	})
	if err != nil {
		return err
	}
	r.reportSearch(fmt.Sprintf("search of %d, inside", r.Scale.Index), "an index alone, the same searches as above", "under 5 ms", took)
	return nil
}
