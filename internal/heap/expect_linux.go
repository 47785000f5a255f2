package heap

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"golang.org/x/sys/unix"
)

// least is less than which nobody need expect, in bytes.
const least = 32 << 20

// Expect has the kernel back the next n bytes of the heap, in about, with huge
// pages: a heap that grows by hundreds of megabytes spends much of its time in
// faults on new pages, and these come 512 at once. Nothing is used before it
// is needed. It collects garbage, and is advice: without enough free memory or
// where the kernel asks for no advice, it does nothing.
func Expect(n int64) {
	if n = min(n, spare()); n < least || !advisable() {
		return
	}
	room := make([]byte, n)
	_ = unix.Madvise(room, unix.MADV_HUGEPAGE)
	runtime.GC() // the room is the heap's again, and as advised
}

// advisable says whether the kernel leaves it to programs where they want huge
// pages, which is usual.
func advisable() bool {
	return strings.Contains(read("/sys/kernel/mm/transparent_hugepage/enabled"), "[madvise]")
}

// spare is how much memory can be asked for without being used: half of what
// is free, or nothing where asking counts as using.
func spare() int64 {
	var info unix.Sysinfo_t
	var space unix.Rlimit
	switch {
	case unix.Sysinfo(&info) != nil || unix.Getrlimit(unix.RLIMIT_AS, &space) != nil:
		return 0
	case space.Cur != unix.RLIM_INFINITY || debug.SetMemoryLimit(-1) != math.MaxInt64:
		return 0
	case strings.TrimSpace(read("/proc/sys/vm/overcommit_memory")) == "2":
		return 0
	}
	return int64(info.Freeram) * int64(info.Unit) / 2
}

// read returns a file of the kernel's, "" if there is none.
func read(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return string(b)
}
