package world_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/musterhq/muster/internal/world"
)

// The files of formats hold bytes as this version writes them: they may be in
// somebody's data folder. They are added to, with -rewrite, but never changed.
const formats = "testdata/format-v1/"

// samples holds an event of every type, with every field set.
func samples() []world.Event {
	events := []world.Event{
		world.LocationCreated{},
		world.LocationDeleted{},
		world.Tagged{},
		world.Untagged{},
		world.FleetCreated{},
		world.FleetUpdated{},
		world.FleetDeleted{},
		world.FleetLocationsAdded{},
		world.FleetLocationsDeleting{},
		world.FleetLocationsRemoved{},
		world.FleetLogged{},
		world.AliasSet{},
		world.AliasDeleted{},
		world.ComputeRegistered{},
		world.ComputeDeregistered{},
		world.ComputeTokenIssued{},
		world.ProcessOpened{},
		world.ProcessReconnected{},
		world.ProcessDisconnected{},
		world.ProcessReady{},
		world.ProcessBeat{},
		world.ProcessTerminationBegan{},
		world.ProcessGone{},
		world.ProcessForgotten{},
		world.Restarted{},
		world.SessionCreated{},
		world.SessionActivated{},
		world.SessionUpdated{},
		world.SessionTerminationBegan{},
		world.SessionEnded{},
		world.SessionArchived{},
		world.PlayersReserved{},
		world.PlayerAccepted{},
		world.PlayerEnded{},
		world.PlayerArchived{},
		world.ProcessTold{},
	}
	for i, e := range events {
		v := reflect.New(reflect.TypeOf(e)).Elem()
		n := 0
		fillAll(v, &n)
		events[i] = v.Interface().(world.Event)
	}
	return events
}

// fillAll sets every field that is encoded, each to another value.
func fillAll(v reflect.Value, n *int) {
	*n++
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Tag.Get("cbor") != "-" {
				fillAll(v.Field(i), n)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fillAll(v.Index(0), n)
		fillAll(v.Index(1), n)
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]string{fmt.Sprint("k", *n): "v", fmt.Sprint("l", *n): ""}))
	case reflect.String:
		v.SetString(fmt.Sprint("text-", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n) * 1000)
	case reflect.Uint8:
		v.SetUint(uint64(*n))
	case reflect.Uint64:
		v.SetUint(uint64(*n) * 1_000_000_000)
	default:
		panic("no sample of a " + v.Type().String())
	}
}

func block(e world.Event) []byte {
	return world.AppendCommits(nil, []world.Commit{{At: epoch, Events: []world.Event{e}}})
}

func TestEventFormat(t *testing.T) {
	var now []string
	for _, e := range samples() {
		now = append(now, fmt.Sprintf("%T %x", e, block(e)))
	}
	for _, line := range pinned(t, "events.txt", now) {
		name, data := cutHex(t, line)
		commits, err := world.DecodeCommits(data)
		if err != nil || len(commits) != 1 || len(commits[0].Events) != 1 || commits[0].At != epoch {
			t.Errorf("%s: %+v: %v", name, commits, err)
			continue
		}
		e := commits[0].Events[0]
		if have := fmt.Sprintf("%T", e); have != name || !bytes.Equal(block(e), data) {
			t.Errorf("%s is read as %s, or written differently", name, have)
		}
	}
	for _, e := range samples() {
		if commits, err := world.DecodeCommits(block(e)); err != nil || !reflect.DeepEqual(commits[0].Events[0], e) {
			t.Errorf("%T comes back as %+v: %v", e, commits, err)
		}
	}
}

// head is what a block of one event begins with; the kind of the event follows.
func head() []byte {
	empty := world.AppendCommits(nil, []world.Commit{{At: epoch}})
	return append(empty[:len(empty)-1], 1)
}

// TestKinds asks for the type behind every number, and that its events are
// written with that number, and that no type has no number.
func TestKinds(t *testing.T) {
	numbers := map[reflect.Type]byte{}
	for _, e := range samples() {
		numbers[reflect.TypeOf(e)] = block(e)[len(head())]
	}
	for k := 1; ; k++ {
		commits, err := world.DecodeCommits(append(head(), byte(k), 1, 0xa0))
		if errors.Is(err, world.ErrVersion) {
			if k != len(numbers)+1 {
				t.Errorf("%d numbers are read, %d types of event are known", k-1, len(numbers))
			}
			return
		}
		if err != nil {
			t.Fatalf("kind %d: %v", k, err)
		}
		if of := reflect.TypeOf(commits[0].Events[0]); numbers[of] != byte(k) {
			t.Errorf("%d is read as %v, which is written as %d", k, of, numbers[of])
		}
	}
}

func TestVersions(t *testing.T) {
	sample := world.PlayerArchived{ID: "psess-1"}
	newer := append([]byte{world.Version + 1}, block(sample)[1:]...)
	field := append(head(), block(world.PlayerArchived{})[len(head())], 4, 0xa1, 0x18, 0x63, 0x01) // field 99
	for name, test := range map[string]struct {
		data []byte
		want error
	}{
		"newer block":    {newer, world.ErrVersion},
		"newer kind":     {append(head(), 250, 1, 0xa0), world.ErrVersion},
		"newer field":    {field, world.ErrVersion},
		"no version":     {[]byte{0}, world.ErrCorrupt},
		"nothing":        {nil, world.ErrCorrupt},
		"no kind":        {append(head(), 0, 1, 0xa0), world.ErrCorrupt},
		"short":          {block(sample)[:len(block(sample))-1], world.ErrCorrupt},
		"trailing bytes": {append(head(), 1, 2, 0xa0, 0xa0), world.ErrCorrupt},
		"wrong type":     {append(head(), 1, 1, 0x01), world.ErrCorrupt},
	} {
		if commits, err := world.DecodeCommits(test.data); !errors.Is(err, test.want) || commits != nil {
			t.Errorf("%s: %v, %v", name, commits, err)
		}
	}
	if err := world.New(world.Settings{}).Restore(parts([]byte{0xa1, 0x01, 0x02})); !errors.Is(err, world.ErrVersion) {
		t.Errorf("newer snapshot: %v", err)
	}
}

// pinned returns the lines of a file, and fails unless what is written now is
// among them.
func pinned(t *testing.T, file string, now []string) []string {
	t.Helper()
	data, err := os.ReadFile(formats + file)
	if err != nil && !*rewrite {
		t.Fatal(err)
	}
	lines := slices.Collect(strings.Lines(string(data)))
	for _, line := range now {
		if line += "\n"; slices.Contains(lines, line) {
			continue
		}
		if !*rewrite {
			t.Errorf("%s: this is written in another way than before: %s", file, line)
		}
		lines = append(lines, line)
	}
	if *rewrite {
		if err := os.WriteFile(formats+file, []byte(strings.Join(lines, "")), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return lines
}

func cutHex(t *testing.T, line string) (string, []byte) {
	t.Helper()
	name, text, _ := strings.Cut(strings.TrimSpace(line), " ")
	data, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return name, data
}

// everything plays a script after which the world holds some of everything.
func everything(t *testing.T) *stage {
	s := newStage(t)
	s.quiet = true
	for line := range strings.Lines(`
given fleet tags=team:core creatorlimit.sessions=9 creatorlimit.period=10m runtime.activation=1m
create-location name=custom-away
create-fleet-locations fleet=fleet-1 names=custom-away
create-alias id=alias-1 name=live description=d routing.type=SIMPLE routing.fleet=fleet-1
create-alias id=alias-2 name=closed routing.type=TERMINAL routing.message=closed
register-compute fleet=fleet-1 name=host-2 dns=host-2.example.com location=custom-away certificate=/tls
issue-compute-token fleet=fleet-1 compute=host-1 hash=h1
given idle p1 p2 p3 p4 p5
connect key=fleet-1/host-1/p6 conn=conn-6 tokenhash=h1 sdk.version=5.6.0 sdk.language=Go
process-ready key=fleet-1/host-1/p6 port=7776 logpaths=a,b sdk.tool=x sdk.toolversion=1
disconnect key=fleet-1/host-1/p5 conn=conn-p5
create-game-session id=x fleet=fleet-1 maximum=4 token=t1 name=n creator=c properties=map:dust data=d location=custom-home
given session g2 maximum=8 creator=c
given players g2 ann ben
create-player-sessions session=fleet-1/custom-home/g2 players=psess-cat:cat:data
remove-player process=fleet-1/host-1/p2 session=fleet-1/custom-home/g2 id=psess-ben
given session g3 maximum=1 creator=d
given players g3 dan
process-ending key=fleet-1/host-1/p3
given session g4 maximum=1 creator=e
terminate-game-session id=fleet-1/custom-home/g4
tell-process key=fleet-1/host-1/p4
`) {
		if line = strings.TrimSpace(line); line != "" {
			s.run(line)
		}
	}
	return s
}

func TestSnapshotFormat(t *testing.T) {
	files, err := filepath.Glob(formats + "snapshot-*.cbor")
	if err != nil {
		t.Fatal(err)
	}
	now := snapshot(t, everything(t).world)
	known := false
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		w := restore(t, world.Settings{}, data)
		if err := w.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		sameSnapshot(t, name, data, snapshot(t, w))
		known = known || bytes.Equal(data, now)
	}
	switch name := fmt.Sprintf("%ssnapshot-%d.cbor", formats, len(files)+1); {
	case known:
	case !*rewrite:
		t.Errorf("a snapshot is written in another way than before")
	default:
		if err := os.WriteFile(name, now, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// sameSnapshot compares a snapshot with what is written after it was read. The
// header of a later version may say more.
func sameSnapshot(t *testing.T, name string, before, after []byte) {
	t.Helper()
	headBefore, itemsBefore := cutHeader(t, before)
	headAfter, itemsAfter := cutHeader(t, after)
	for key, want := range headBefore {
		if !reflect.DeepEqual(headAfter[key], want) {
			t.Errorf("%s: field %v of the header was %v and is %v", name, key, want, headAfter[key])
		}
	}
	if !bytes.Equal(itemsBefore, itemsAfter) {
		t.Errorf("%s: its items are written differently after they were read", name)
	}
}

func cutHeader(t *testing.T, data []byte) (head map[int]any, items []byte) {
	t.Helper()
	items, err := cbor.UnmarshalFirst(data, &head)
	if err != nil {
		t.Fatal(err)
	}
	return head, items
}

func TestRecordFormat(t *testing.T) {
	s := everything(t)
	s.pass(world.Settings{}.WithDefaults().Tail)
	var now []string
	for _, key := range slices.Sorted(maps.Keys(s.past)) {
		now = append(now, fmt.Sprintf("%s %x", key, s.past[key].Data))
	}
	for _, line := range pinned(t, "records.txt", now) {
		key, data := cutHex(t, line)
		var err error
		var id string
		switch kind, _, _ := strings.Cut(key, "/"); kind {
		case "session":
			var g world.GameSession
			g, err = world.DecodeGameSession(data)
			id = world.Settings{}.SessionKey(g.ID)
		case "player-session":
			var p world.PlayerSession
			p, err = world.DecodePlayerSession(data)
			id = "player-session/" + p.ID
		default:
			id = key
		}
		if err != nil || id != key {
			t.Errorf("%s is read as %s: %v", key, id, err)
		}
	}
}
