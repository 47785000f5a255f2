package api

import (
	"bufio"
	"crypto/rand"
	"sync"

	"github.com/google/uuid"
)

// uuids makes random UUIDs. It fetches random bytes for many at a time, which
// costs no more than for one.
type uuids struct {
	sources sync.Pool // of *bufio.Reader
}

// next returns a UUID that was never given out. It may be called by any number
// of goroutines.
func (u *uuids) next() string {
	source, ok := u.sources.Get().(*bufio.Reader)
	if !ok {
		source = bufio.NewReaderSize(rand.Reader, 1024)
	}
	defer u.sources.Put(source)
	return uuid.Must(uuid.NewRandomFromReader(source)).String() // rand.Reader never fails
}
