package ledger

import (
	"iter"
	"runtime"
	"sync"
)

// maxAhead is how many values are worked on, or wait done, before they are needed.
const maxAhead = 16

// ahead yields what work makes of each value of in, in the order of in. Some
// are worked on before they are needed, at the same time, in goroutines that
// end before ahead does. After each all let others run: whoever waits for an
// answer is in a greater hurry than a replay. An error of in is the last.
func ahead[A, B any](in iter.Seq2[A, error], work func(A) (B, error)) iter.Seq2[B, error] {
	type result struct {
		value B
		err   error
	}
	return func(yield func(B, error) bool) {
		results, enough := make(chan chan result, maxAhead), make(chan struct{})
		var workers sync.WaitGroup
		defer workers.Wait()
		defer close(enough)
		workers.Go(func() {
			defer close(results)
			for a, err := range in {
				r := make(chan result, 1)
				select {
				case results <- r:
				case <-enough:
					return
				}
				if err != nil {
					r <- result{err: err}
					return
				}
				workers.Go(func() {
					b, err := work(a)
					r <- result{b, err}
				})
				runtime.Gosched()
			}
		})
		for r := range results {
			if r := <-r; !yield(r.value, r.err) {
				return
			}
			runtime.Gosched()
		}
	}
}
