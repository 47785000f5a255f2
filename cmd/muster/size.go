package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A size is a number of bytes on the command line, such as 32MiB.
type size int64

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *size) UnmarshalText(text []byte) error {
	number, factor := string(text), int64(1)
	for i, unit := range []string{"B", "KiB", "MiB", "GiB"} {
		if n, ok := strings.CutSuffix(string(text), unit); ok {
			number, factor = n, 1<<(10*i)
		}
	}
	n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/factor {
		return fmt.Errorf("%q is no size: give a whole number of bytes, or of KiB, MiB or GiB, such as 32MiB", text)
	}
	*s = size(n * factor)
	return nil
}
