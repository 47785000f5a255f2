package bench

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// A Quantity is a number of units.
type Quantity struct {
	Value float64 `json:"value"`
	Unit  string  `json:"unit"` // "ms", "s", "bytes", "MB", "per second", or "" for a ratio
}

// String writes the quantity with three significant digits, or as a whole
// number where it has more.
func (q Quantity) String() string {
	digits := 0
	if size := math.Abs(q.Value); size > 0 {
		digits = max(0, 2-int(math.Floor(math.Log10(size))))
	}
	text := strconv.FormatFloat(q.Value, 'f', digits, 64)
	if q.Unit == "" {
		return text
	}
	return text + " " + q.Unit
}

func milliseconds(d time.Duration) Quantity {
	return Quantity{float64(d) / float64(time.Millisecond), "ms"}
}

func megabytes(bytes float64) Quantity { return Quantity{bytes / 1e6, "MB"} }

// quantile returns the least of the values that at least the share q of them
// does not exceed. It sorts the values.
func quantile[T int64 | float64 | time.Duration](values []T, q float64) T {
	slices.Sort(values)
	return values[max(0, int(math.Ceil(q*float64(len(values))))-1)]
}

// spread writes how far apart values are.
func spread(values []float64) string {
	return fmt.Sprintf("%.2f to %.2f", slices.Min(values), slices.Max(values))
}
