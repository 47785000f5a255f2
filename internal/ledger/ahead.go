package ledger

import (
	"iter"
	"runtime"
	"sync"
)

// batchesKept is how many batches are prepared before they are needed.
const batchesKept = 4

// prepared is what a sequence has yielded.
type prepared[T any] struct {
	value T
	err   error
}

// ahead yields what seq does, and meanwhile has seq prepare what comes next,
// some batches of so many, in a goroutine that ends before ahead does. After
// each batch both let others run: whoever waits for an answer is in a greater
// hurry than a replay.
func ahead[T any](size int, seq iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		batches, enough := make(chan []prepared[T], batchesKept), make(chan struct{})
		var producer sync.WaitGroup
		defer producer.Wait()
		defer close(enough)
		producer.Go(func() {
			defer close(batches)
			prepare(size, seq, batches, enough)
		})
		for batch := range batches {
			for _, p := range batch {
				if !yield(p.value, p.err) {
					return
				}
			}
			runtime.Gosched()
		}
	}
}

// prepare sends what seq yields until it ends or there is enough.
func prepare[T any](size int, seq iter.Seq2[T, error], batches chan<- []prepared[T], enough <-chan struct{}) {
	batch := make([]prepared[T], 0, size)
	send := func() bool {
		select {
		case batches <- batch:
			batch = make([]prepared[T], 0, size)
			runtime.Gosched()
			return true
		case <-enough:
			return false
		}
	}
	for value, err := range seq {
		batch = append(batch, prepared[T]{value, err})
		if len(batch) == size && !send() {
			return
		}
	}
	if len(batch) > 0 {
		send()
	}
}
