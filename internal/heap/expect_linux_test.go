package heap_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/musterhq/muster/internal/heap"
)

// What is used after Expect is in huge pages where the kernel goes by advice,
// and what is not used takes no memory.
func TestExpect(t *testing.T) {
	const expected, used = 256 << 20, 64 << 20
	before, resident := smaps(t, "AnonHugePages"), smaps(t, "Rss")
	heap.Expect(expected)
	if grown := smaps(t, "Rss") - resident; grown > expected*3/4 { // half of it is the race detector's, if it is on
		t.Errorf("expecting %d MiB took %d", expected>>20, grown>>20)
	}
	data := make([]byte, used)
	for i := range data {
		data[i] = 1
	}
	huge := smaps(t, "AnonHugePages") - before
	runtime.KeepAlive(data)
	mode, err := os.ReadFile("/sys/kernel/mm/transparent_hugepage/enabled")
	if err != nil {
		mode = []byte("[never]") // a kernel without them
	}
	if strings.Contains(string(mode), "[madvise]") && huge < used/2 {
		t.Errorf("%d of %d MiB are in huge pages", huge>>20, used>>20)
	}
	if strings.Contains(string(mode), "[never]") && huge > 0 {
		t.Errorf("%d MiB are in huge pages that are turned off", huge>>20)
	}
}

// Nonsense is not an order.
func TestExpectNothing(t *testing.T) {
	resident := smaps(t, "Size")
	for _, n := range []int64{-1, 0, 1, 1 << 20} {
		heap.Expect(n)
	}
	if grown := smaps(t, "Size") - resident; grown > 64<<20 {
		t.Errorf("took %d bytes of address space", grown)
	}
}

// smaps sums a figure over the process's memory, in bytes.
func smaps(t *testing.T, figure string) (sum int64) {
	t.Helper()
	data, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		var kib int64
		if _, err := fmt.Sscanf(line, figure+": %d kB", &kib); err == nil {
			sum += kib << 10
		}
	}
	return sum
}
