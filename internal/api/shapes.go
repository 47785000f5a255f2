package api

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/gamelift/types"

	"github.com/musterhq/muster/internal/world"
)

// The SDK's structures hold pointers, nil for what is not there. Those made
// here point into values that nobody else has.

// text returns s, or nil for the empty string, which stands for what is not there.
func text(s *string) *string {
	if *s == "" {
		return nil
	}
	return s
}

// value returns what p points to, or zero.
func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// moment returns the time of i, or nil when it is unset.
func moment(i world.Instant) *time.Time {
	if i == 0 {
		return nil
	}
	t := i.Time()
	return &t
}

// number returns n, or the most that the API can count to: sums go beyond.
func number(n int) *int32 {
	n32 := int32(min(n, math.MaxInt32))
	return &n32
}

// integer returns the int that p points to, or nil.
func integer(p *int32) *int {
	if p == nil {
		return nil
	}
	n := int(*p)
	return &n
}

// enum returns the string of an enum, or nil when it is unset.
func enum[E ~string](e E) *string {
	if e == "" {
		return nil
	}
	s := string(e)
	return &s
}

// reach returns the IpAddress and the DnsName of a game or a compute. Clients
// index both without looking, so each stands in for the other.
func reach(ip, dns *string) (*string, *string) {
	switch {
	case *ip == "":
		ip = dns
	case *dns == "":
		dns = ip
	}
	return text(ip), text(dns)
}

// fleetARN returns the ARN of a fleet, written once for all sessions of it in a
// row.
func (v *visit) fleetARN(fleet string) *string {
	if v.arn == nil || v.arnOf != fleet {
		v.arnOf, v.arn = fleet, new(v.Ledger.Settings().FleetARN(fleet))
	}
	return v.arn
}

// quote shows text from a request in a message, shortened.
func quote(s string) string {
	const shown = 64
	if len(s) > shown {
		return strconv.Quote(s[:shown]) + "…"
	}
	return strconv.Quote(s)
}

func properties(list []types.GameProperty) map[string]string {
	if len(list) == 0 {
		return nil
	}
	m := make(map[string]string, len(list))
	for _, p := range list {
		m[value(p.Key)] = value(p.Value)
	}
	return m
}

// propertyList returns the properties by key.
func propertyList(m map[string]string) []types.GameProperty {
	if len(m) == 0 {
		return nil
	}
	type property struct{ key, value string }
	all := make([]property, 0, len(m))
	for k, v := range m {
		all = append(all, property{k, v})
	}
	slices.SortFunc(all, func(a, b property) int { return strings.Compare(a.key, b.key) })
	out := make([]types.GameProperty, len(all))
	for i := range all {
		out[i].Key, out[i].Value = &all[i].key, &all[i].value
	}
	return out
}
