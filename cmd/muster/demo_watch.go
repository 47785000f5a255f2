package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// The steps of the life cycle, in order. The demo has succeeded when it has
// seen each.
var lifeCycle = []string{
	"game server ready",
	"session created",
	"session found by search",
	"player slot reserved",
	"player connected over UDP",
	"player left",
	"session destroyed after its last player left",
	"new game server took the place of the old",
}

// A watch is a demo's clock, log and list of what has been seen.
type watch struct {
	o     *output
	begin time.Time

	mu     sync.Mutex
	counts map[string]int
	first  map[string]time.Duration
}

func newWatch(o *output) *watch {
	return &watch{o: o, begin: time.Now(), counts: map[string]int{}, first: map[string]time.Duration{}}
}

// saw notes a step of the life cycle and says so.
func (w *watch) saw(step, who, format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	at := time.Since(w.begin)
	if w.counts[step]++; w.counts[step] == 1 {
		w.first[step] = at
	}
	fmt.Fprintf(w.o.out, "%6.2fs  %-12s %s\n", at.Seconds(), who, fmt.Sprintf(format, args...))
}

// say says what is no step.
func (w *watch) say(who, format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	fmt.Fprintf(w.o.out, "%6.2fs  %-12s %s\n", time.Since(w.begin).Seconds(), who, fmt.Sprintf(format, args...))
}

// summary prints how often each step was seen and when first, and returns an
// error that names those that were not.
func (w *watch) summary() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	fmt.Fprintln(w.o.out)
	for _, step := range lifeCycle {
		mark := "no "
		if w.counts[step] > 0 {
			mark = "yes"
		}
		fmt.Fprintf(w.o.out, "%s  %-46s %4d times, first after %.2fs\n", mark, step, w.counts[step], w.first[step].Seconds())
	}
	missing := slices.DeleteFunc(slices.Clone(lifeCycle), func(step string) bool { return w.counts[step] > 0 })
	if len(missing) > 0 {
		return fmt.Errorf("not seen: %s (give it more time with --duration)", strings.Join(missing, ", "))
	}
	return nil
}

// shortID returns the end of a game session's ARN, for people.
func shortID(arn string) string {
	id := arn[strings.LastIndexByte(arn, '/')+1:]
	return id[:min(8, len(id))]
}
