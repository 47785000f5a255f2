package sdkwire

import (
	"fmt"
	"net/url"
)

// Query is what a game server says of itself when it connects: the query of
// the websocket's URL. C++, C# and Go SDKs up to 5.1 do not escape it, so ids
// and tokens should keep to letters, digits and `-._~`.
type Query struct {
	ProcessID        string
	SDKVersion       string
	SDKLanguage      string // Go, Cpp or CSharp
	ComputeID        string // the host's name
	FleetID          string
	IdempotencyToken string // absent in SDKs before 5.3
	AuthToken        string // "SigV4" if the request is signed instead
}

// ParseQuery reads the query of a connection. Absent values are empty.
func ParseQuery(v url.Values) Query {
	return Query{
		ProcessID:        v.Get("pID"),
		SDKVersion:       v.Get("sdkVersion"),
		SDKLanguage:      v.Get("sdkLanguage"),
		ComputeID:        v.Get("ComputeId"),
		FleetID:          v.Get("FleetId"),
		IdempotencyToken: v.Get("IdempotencyToken"),
		AuthToken:        v.Get("Authorization"),
	}
}

// URL returns endpoint, a ws or wss URL, with this query instead of its own.
func (q Query) URL(endpoint string) (string, error) {
	u, err := url.Parse(endpoint)
	if err != nil || (u.Scheme != "ws" && u.Scheme != "wss") || u.Host == "" {
		return "", fmt.Errorf("endpoint %q: want ws://host:port or wss://host:port", endpoint)
	}
	v := url.Values{}
	v.Set("pID", q.ProcessID)
	v.Set("sdkVersion", q.SDKVersion)
	v.Set("sdkLanguage", q.SDKLanguage)
	v.Set("ComputeId", q.ComputeID)
	v.Set("FleetId", q.FleetID)
	if q.IdempotencyToken != "" {
		v.Set("IdempotencyToken", q.IdempotencyToken)
	}
	v.Set("Authorization", q.AuthToken)
	u.RawQuery, u.Fragment = v.Encode(), ""
	return u.String(), nil
}
