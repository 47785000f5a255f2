package gate

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/auth"
	"github.com/musterhq/muster/internal/sdkwire"
	"github.com/musterhq/muster/internal/world"
)

const (
	// signed is the Authorization of a connection that is signed instead.
	signed = "SigV4"
	// nameLimit is the longest process, compute or fleet id taken, in bytes.
	// Source: GameLift Go server SDK, validation of its parameters.
	nameLimit = 256
	// connectWithin is how long a connection may wait to be recorded.
	connectWithin = 15 * time.Second
)

// ServeHTTP takes a game server's websocket. It answers 403 to a process that
// may not connect, which SDKs take for a reason to try again for minutes
// without a word: hence the log.
func (g *Gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !g.serving(r.Context()) {
		http.Error(w, "muster is not running", http.StatusServiceUnavailable)
		return
	}
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "websocket")
		http.Error(w, "this is where game servers connect by websocket, with a GameLift server SDK of version 5", http.StatusUpgradeRequired)
		return
	}
	c := &conn{gate: g, id: g.name + strconv.FormatUint(g.serial.Add(1), 36)}
	key, err := g.admit(r, c.id)
	if err != nil {
		g.turnAway(w, r, key, err)
		if _, ok := errors.AsType[*refusal](err); !ok {
			g.takeBack(r, key, c.id)
		}
		return
	}
	c.peer = g.meet(key)
	if err := c.upgrade(w, r); err != nil {
		g.Log.Warn("a game server's connection could not be upgraded", "process", key.Process, "remote", r.RemoteAddr, "error", err)
		g.takeBack(r, key, c.id)
		return
	}
	select {
	case g.arrivals <- c:
	case <-g.down:
		c.cut()
	}
}

// serving waits until Run has begun, and says whether it still runs.
func (g *Gate) serving(ctx context.Context) bool {
	g.init()
	select {
	case <-g.up:
	case <-ctx.Done():
		return false
	}
	return !g.stopping()
}

// takeBack takes a connection back that came to nothing, if it was recorded.
func (g *Gate) takeBack(r *http.Request, key world.ProcessKey, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), connectWithin)
	defer cancel()
	g.disconnect(ctx, key, id)
}

// parseQuery reads a query whose values may not be escaped: most SDKs do not.
// What cannot be unescaped is taken as it is; of a key that comes twice the
// first counts.
func parseQuery(raw string) url.Values {
	v := url.Values{}
	for pair := range strings.SplitSeq(raw, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(value); err == nil {
			value = plain
		}
		v.Add(key, value)
	}
	return v
}

// A refusal is why a process may not connect, and the status that says so.
type refusal struct {
	status int
	cause  error
}

func (r *refusal) Error() string { return r.cause.Error() }
func (r *refusal) Unwrap() error { return r.cause }

// admit records the connection of the process that r asks for and returns its
// key. Errors: *refusal; any other leaves open whether it was recorded.
func (g *Gate) admit(r *http.Request, conn string) (world.ProcessKey, error) {
	values := parseQuery(r.URL.RawQuery)
	q := sdkwire.ParseQuery(values)
	key := world.ProcessKey{Fleet: lastPart("fleet", q.FleetID), Compute: lastPart("compute", q.ComputeID), Process: q.ProcessID}
	for _, f := range [...]struct{ name, value string }{{"pID", key.Process}, {"ComputeId", key.Compute}, {"FleetId", key.Fleet}} {
		if f.value == "" || len(f.value) > nameLimit {
			return key, &refusal{http.StatusBadRequest, fmt.Errorf("its query parameter %s has %d bytes: it needs between 1 and %d", f.name, len(f.value), nameLimit)}
		}
	}
	if err := g.checkHandshake(r); err != nil {
		return key, err
	}
	cmd := world.ConnectProcess{Key: key, Conn: conn, SDK: world.SDK{Version: q.SDKVersion, Language: q.SDKLanguage}}
	doubt := g.authenticate(&cmd, q, values)
	ctx, cancel := context.WithTimeout(r.Context(), connectWithin) // who has given up must not overtake its own next try
	defer cancel()
	_, err := insist(ctx, g.Ledger, cmd)
	if code, ok := errors.AsType[world.Code](err); ok {
		if code == world.ErrUnauthorized && doubt != nil {
			err = doubt
		}
		return key, &refusal{http.StatusForbidden, err}
	}
	return key, err
}

// authenticate sets what cmd is to be trusted by, and returns what speaks
// against it.
func (g *Gate) authenticate(cmd *world.ConnectProcess, q sdkwire.Query, values url.Values) (doubt error) {
	cmd.TokenHash = hashCredential(q, values)
	switch {
	case g.Trust:
	case q.AuthToken == "":
		return errors.New("there is no Authorization in its query: give the game server an auth token from get-compute-auth-token")
	case q.AuthToken != signed:
		return nil // the world knows the tokens
	case g.VerifySigned == nil:
		return errors.New("it signs with SigV4 and only auth tokens are taken here: give the game server one from get-compute-auth-token")
	default:
		if err := g.VerifySigned(values); err != nil {
			return err
		}
	}
	cmd.Trusted = true
	return nil
}

// hashCredential returns the hash of what a process may come back with for as
// long as it lives: SDKs reconnect with the token, or the signature, that they
// began with, even though a signature is good for minutes only.
func hashCredential(q sdkwire.Query, values url.Values) string {
	credential := q.AuthToken
	if credential == signed {
		credential = ""
		if s := values.Get("X-Amz-Signature"); s != "" {
			credential = signed + " " + s
		}
	}
	if credential == "" {
		return ""
	}
	return auth.HashToken(credential)
}

// lastPart takes an id or an ARN and returns the id.
func lastPart(kind, idOrARN string) string {
	if _, id, ok := strings.Cut(idOrARN, ":"+kind+"/"); ok {
		return id
	}
	return idOrARN
}

// turnAway answers a connection that is not to be, and logs it.
func (g *Gate) turnAway(w http.ResponseWriter, r *http.Request, key world.ProcessKey, err error) {
	status := http.StatusServiceUnavailable
	if no, ok := errors.AsType[*refusal](err); ok {
		status = no.status
	}
	g.Log.Error("a game server was turned away; it will go on trying for minutes", "reason", err, "status", status,
		"process", key.Process, "compute", key.Compute, "fleet", key.Fleet, "remote", r.RemoteAddr, "client", r.UserAgent())
	http.Error(w, err.Error(), status)
}
