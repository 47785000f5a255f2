package world

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/fxamacker/cbor/v2"
)

// A kind names a type of event in a journal. Numbers are for ever: a new
// event takes a new one, and a field that is added to an event takes a new
// number in its tags and means what it always meant when it is absent.
type kind uint8

const (
	kindLocationCreated kind = iota + 1
	kindLocationDeleted
	kindTagged
	kindUntagged
	kindFleetCreated
	kindFleetUpdated
	kindFleetDeleted
	kindFleetLocationsAdded
	kindFleetLocationsDeleting
	kindFleetLocationsRemoved
	kindFleetLogged
	kindAliasSet
	kindAliasDeleted
	kindComputeRegistered
	kindComputeDeregistered
	kindComputeTokenIssued
	kindProcessOpened
	kindProcessReconnected
	kindProcessDisconnected
	kindProcessReady
	kindProcessBeat
	kindProcessTerminationBegan
	kindProcessGone
	kindProcessForgotten
	kindRestarted
	kindSessionCreated
	kindSessionActivated
	kindSessionUpdated
	kindSessionTerminationBegan
	kindSessionEnded
	kindSessionArchived
	kindPlayersReserved
	kindPlayerAccepted
	kindPlayerEnded
	kindPlayerArchived
	kindProcessTold
)

func (LocationCreated) kind() kind         { return kindLocationCreated }
func (LocationDeleted) kind() kind         { return kindLocationDeleted }
func (Tagged) kind() kind                  { return kindTagged }
func (Untagged) kind() kind                { return kindUntagged }
func (FleetCreated) kind() kind            { return kindFleetCreated }
func (FleetUpdated) kind() kind            { return kindFleetUpdated }
func (FleetDeleted) kind() kind            { return kindFleetDeleted }
func (FleetLocationsAdded) kind() kind     { return kindFleetLocationsAdded }
func (FleetLocationsDeleting) kind() kind  { return kindFleetLocationsDeleting }
func (FleetLocationsRemoved) kind() kind   { return kindFleetLocationsRemoved }
func (FleetLogged) kind() kind             { return kindFleetLogged }
func (AliasSet) kind() kind                { return kindAliasSet }
func (AliasDeleted) kind() kind            { return kindAliasDeleted }
func (ComputeRegistered) kind() kind       { return kindComputeRegistered }
func (ComputeDeregistered) kind() kind     { return kindComputeDeregistered }
func (ComputeTokenIssued) kind() kind      { return kindComputeTokenIssued }
func (ProcessOpened) kind() kind           { return kindProcessOpened }
func (ProcessReconnected) kind() kind      { return kindProcessReconnected }
func (ProcessDisconnected) kind() kind     { return kindProcessDisconnected }
func (ProcessReady) kind() kind            { return kindProcessReady }
func (ProcessBeat) kind() kind             { return kindProcessBeat }
func (ProcessTerminationBegan) kind() kind { return kindProcessTerminationBegan }
func (ProcessGone) kind() kind             { return kindProcessGone }
func (ProcessForgotten) kind() kind        { return kindProcessForgotten }
func (Restarted) kind() kind               { return kindRestarted }
func (SessionCreated) kind() kind          { return kindSessionCreated }
func (SessionActivated) kind() kind        { return kindSessionActivated }
func (SessionUpdated) kind() kind          { return kindSessionUpdated }
func (SessionTerminationBegan) kind() kind { return kindSessionTerminationBegan }
func (SessionEnded) kind() kind            { return kindSessionEnded }
func (SessionArchived) kind() kind         { return kindSessionArchived }
func (PlayersReserved) kind() kind         { return kindPlayersReserved }
func (PlayerAccepted) kind() kind          { return kindPlayerAccepted }
func (PlayerEnded) kind() kind             { return kindPlayerEnded }
func (PlayerArchived) kind() kind          { return kindPlayerArchived }
func (ProcessTold) kind() kind             { return kindProcessTold }

var decoders = [...]func([]byte) (Event, error){
	kindLocationCreated:         decodeEvent[LocationCreated],
	kindLocationDeleted:         decodeEvent[LocationDeleted],
	kindTagged:                  decodeEvent[Tagged],
	kindUntagged:                decodeEvent[Untagged],
	kindFleetCreated:            decodeEvent[FleetCreated],
	kindFleetUpdated:            decodeEvent[FleetUpdated],
	kindFleetDeleted:            decodeEvent[FleetDeleted],
	kindFleetLocationsAdded:     decodeEvent[FleetLocationsAdded],
	kindFleetLocationsDeleting:  decodeEvent[FleetLocationsDeleting],
	kindFleetLocationsRemoved:   decodeEvent[FleetLocationsRemoved],
	kindFleetLogged:             decodeEvent[FleetLogged],
	kindAliasSet:                decodeEvent[AliasSet],
	kindAliasDeleted:            decodeEvent[AliasDeleted],
	kindComputeRegistered:       decodeEvent[ComputeRegistered],
	kindComputeDeregistered:     decodeEvent[ComputeDeregistered],
	kindComputeTokenIssued:      decodeEvent[ComputeTokenIssued],
	kindProcessOpened:           decodeEvent[ProcessOpened],
	kindProcessReconnected:      decodeEvent[ProcessReconnected],
	kindProcessDisconnected:     decodeEvent[ProcessDisconnected],
	kindProcessReady:            decodeEvent[ProcessReady],
	kindProcessBeat:             decodeEvent[ProcessBeat],
	kindProcessTerminationBegan: decodeEvent[ProcessTerminationBegan],
	kindProcessGone:             decodeEvent[ProcessGone],
	kindProcessForgotten:        decodeEvent[ProcessForgotten],
	kindRestarted:               decodeEvent[Restarted],
	kindSessionCreated:          decodeEvent[SessionCreated],
	kindSessionActivated:        decodeEvent[SessionActivated],
	kindSessionUpdated:          decodeEvent[SessionUpdated],
	kindSessionTerminationBegan: decodeEvent[SessionTerminationBegan],
	kindSessionEnded:            decodeEvent[SessionEnded],
	kindSessionArchived:         decodeEvent[SessionArchived],
	kindPlayersReserved:         decodeEvent[PlayersReserved],
	kindPlayerAccepted:          decodeEvent[PlayerAccepted],
	kindPlayerEnded:             decodeEvent[PlayerEnded],
	kindPlayerArchived:          decodeEvent[PlayerArchived],
	kindProcessTold:             decodeEvent[ProcessTold],
}

func decodeEvent[E Event](data []byte) (Event, error) { return decode[E](data) }

// Version is of the format of blocks and snapshots. Fields and kinds are
// added without a new version; anything else takes one, and keeps reading the
// older.
const Version = 1

// ErrVersion is a block or snapshot that a newer muster has written.
var ErrVersion = errors.New("written by a newer version of muster: run that version or a later one")

// ErrCorrupt is a block or snapshot that cannot be read.
var ErrCorrupt = errors.New("corrupt record")

// A Commit is the events of one command and when it was decided.
type Commit struct {
	At     Instant
	Events []Event
}

// AppendCommits appends the encoding of a block of commits to b.
func AppendCommits(b []byte, commits []Commit) []byte {
	b = append(b, Version)
	var data bytes.Buffer
	for _, c := range commits {
		b = binary.AppendVarint(b, int64(c.At))
		b = binary.AppendUvarint(b, uint64(len(c.Events)))
		for _, e := range c.Events {
			data.Reset()
			encodeTo(&data, e)
			b = append(b, byte(e.kind()))
			b = binary.AppendUvarint(b, uint64(data.Len()))
			b = append(b, data.Bytes()...)
		}
	}
	return b
}

// DecodeCommits is the inverse of AppendCommits. Errors: ErrVersion, ErrCorrupt.
func DecodeCommits(b []byte) ([]Commit, error) {
	r := reader{b: b}
	if err := checkVersion("block", int(r.byte())); err != nil {
		return nil, err
	}
	var out []Commit
	for len(r.b) > 0 && r.err == nil {
		c := Commit{At: Instant(r.varint())}
		for n := r.uvarint(); n > 0 && r.err == nil; n-- {
			k := kind(r.byte())
			c.Events = append(c.Events, r.event(k))
		}
		out = append(out, c)
	}
	if r.err != nil {
		return nil, r.err
	}
	return out, nil
}

func checkVersion(what string, v int) error {
	switch {
	case v < 1:
		return fmt.Errorf("%s has no version: %w", what, ErrCorrupt)
	case v > Version:
		return fmt.Errorf("%s of version %d: %w", what, v, ErrVersion)
	}
	return nil
}

// A reader takes a block apart. After an error it returns zeros.
type reader struct {
	b   []byte
	err error
}

func (r *reader) corrupt(what string) {
	if r.err == nil {
		r.err = fmt.Errorf("%s: %w", what, ErrCorrupt)
	}
	r.b = nil
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.corrupt("block ends early")
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	return took(r, v, n)
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	return took(r, v, n)
}

func took[T int64 | uint64](r *reader, v T, n int) T {
	if n <= 0 {
		r.corrupt("number")
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) event(k kind) Event {
	n := r.uvarint()
	if n > uint64(len(r.b)) {
		r.corrupt("event is longer than its block")
	}
	if r.err != nil {
		return nil
	}
	data := r.b[:n]
	r.b = r.b[n:]
	e, err := decodeKind(k, data)
	if err != nil {
		r.err = fmt.Errorf("event of kind %d: %w", k, err)
	}
	return e
}

func decodeKind(k kind, data []byte) (Event, error) {
	switch {
	case k == 0:
		return nil, ErrCorrupt
	case int(k) >= len(decoders):
		return nil, ErrVersion
	}
	return decoders[k](data)
}

// Every value is encoded in one way only, and read with no limit but its own
// length. A field that is not known is an error: who skips it ends up in
// another state than who wrote it.
var (
	encoding = must(cbor.EncOptions{Sort: cbor.SortBytewiseLexical}.UserBufferEncMode())
	decoding = must(cbor.DecOptions{
		UTF8:              cbor.UTF8DecodeInvalid,
		MaxArrayElements:  math.MaxInt32,
		MaxMapPairs:       math.MaxInt32,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
	}.DecMode())
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// encode panics for a value of our own that has no encoding.
func encode(v any) []byte { return must(encoding.Marshal(v)) }

// encodeTo appends the encoding of v to b.
func encodeTo(b *bytes.Buffer, v any) {
	if err := encoding.MarshalToBuffer(v, b); err != nil {
		panic(err)
	}
}

// decode is the inverse of encode. Errors: ErrVersion, ErrCorrupt.
func decode[T any](data []byte) (T, error) {
	var v T
	err := decodeError(decoding.Unmarshal(data, &v))
	return v, err
}

func decodeError(err error) error {
	var newer *cbor.UnknownFieldError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &newer):
		return fmt.Errorf("%w: %w", ErrVersion, err)
	}
	return fmt.Errorf("%w: %w", ErrCorrupt, err)
}
