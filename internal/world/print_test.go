package world_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/world"
)

// fill sets the fields of the struct that into points to from words like
// name=value, or outer.inner=value. Lists are a,b; maps a:1,b:2; a process is
// fleet/compute/process; players are id:player:data.
func (s *stage) fill(into any, args []string) {
	for _, arg := range args {
		name, value, ok := strings.Cut(arg, "=")
		if !ok {
			s.t.Fatalf("%q is not name=value", arg)
		}
		v := reflect.ValueOf(into).Elem()
		for part := range strings.SplitSeq(name, ".") {
			if v.Kind() == reflect.Pointer {
				if v.IsNil() {
					v.Set(reflect.New(v.Type().Elem()))
				}
				v = v.Elem()
			}
			field := v.FieldByNameFunc(func(f string) bool { return strings.EqualFold(f, part) })
			if !field.IsValid() {
				s.t.Fatalf("%s has no field %s", v.Type(), part)
			}
			v = field
		}
		if err := set(v, value); err != nil {
			s.t.Fatalf("%s: %v", arg, err)
		}
	}
}

func set(v reflect.Value, value string) error {
	switch field := v.Addr().Interface().(type) {
	case *world.ProcessKey:
		parts := strings.SplitN(value, "/", 3)
		*field = world.ProcessKey{Fleet: parts[0], Compute: parts[1], Process: parts[2]}
		return nil
	case *[]world.ReservedPlayer:
		for each := range strings.SplitSeq(value, ",") {
			parts := append(strings.SplitN(each, ":", 3), "", "")
			*field = append(*field, world.ReservedPlayer{ID: parts[0], Player: parts[1], Data: parts[2]})
		}
		return nil
	case *time.Duration:
		d, err := time.ParseDuration(value)
		*field = d
		return err
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return set(v.Elem(), value)
	case reflect.String:
		v.SetString(value)
	case reflect.Bool:
		v.SetBool(value == "true")
	case reflect.Int:
		n, err := strconv.Atoi(value)
		v.SetInt(int64(n))
		return err
	case reflect.Slice:
		v.Set(reflect.ValueOf(strings.Split(value, ",")))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for each := range strings.SplitSeq(value, ",") {
			colon := strings.LastIndexByte(each, ':')
			v.SetMapIndex(reflect.ValueOf(each[:colon]), reflect.ValueOf(each[colon+1:]))
		}
	default:
		return fmt.Errorf("a script cannot set a %s", v.Type())
	}
	return nil
}

// answer writes the answer of a command in short.
func answer(a any) string {
	switch a := a.(type) {
	case struct{}:
		return ""
	case world.GameSession:
		return sessionLine(a)
	case []world.PlayerSession:
		var lines []string
		for _, p := range a {
			lines = append(lines, playerLine(p))
		}
		return strings.Join(lines, ", ")
	case world.PlayerSession:
		return playerLine(a)
	case world.Process:
		return processLine(a)
	case world.Instant:
		return since(a)
	}
	return text(reflect.ValueOf(a))
}

// describe writes an event: its type and those of its fields that say
// something.
func describe(e any) string {
	v := reflect.ValueOf(e)
	if fields := fields(v); fields != "" {
		return v.Type().Name() + " " + fields
	}
	return v.Type().Name()
}

func fields(v reflect.Value) string {
	var out []string
	for i := range v.NumField() {
		f := v.Field(i)
		if name := v.Type().Field(i).Name; !f.IsZero() && name != "Fingerprint" {
			out = append(out, name+"="+text(f))
		}
	}
	return strings.Join(out, " ")
}

func text(v reflect.Value) string {
	switch {
	case v.Type() == instantType:
		return since(world.Instant(v.Int()))
	case v.Type() == durationType:
		return time.Duration(v.Int()).String()
	case v.Type() == reflect.TypeFor[world.ProcessKey]():
		k := v.Interface().(world.ProcessKey)
		return k.Compute + "/" + k.Process
	}
	switch v.Kind() {
	case reflect.Struct:
		return "{" + fields(v) + "}"
	case reflect.Slice:
		var out []string
		for i := range v.Len() {
			out = append(out, text(v.Index(i)))
		}
		return "[" + strings.Join(out, " ") + "]"
	case reflect.Map:
		m := v.Interface().(map[string]string)
		var out []string
		for _, key := range slices.Sorted(maps.Keys(m)) {
			out = append(out, key+":"+m[key])
		}
		return "{" + strings.Join(out, " ") + "}"
	case reflect.String:
		if s := v.String(); strings.ContainsAny(s, " ") {
			return strconv.Quote(s)
		}
	}
	return fmt.Sprint(v.Interface())
}

// show prints the state, a line for each thing.
func (s *stage) show() {
	for _, f := range s.world.Fleets() {
		var locations []string
		for _, l := range f.Locations {
			locations = append(locations, l.Name+" "+string(l.Status))
		}
		s.printf("%s %s: %s", f.ID, f.Status, strings.Join(locations, ", "))
		computes, _ := s.world.Computes(f.ID, "")
		for _, c := range computes {
			s.printf("  compute %s in %s", c.Name, c.Location)
		}
		processes, _ := s.world.Processes(f.ID)
		for _, p := range processes {
			s.printf("  %s", processLine(p))
		}
		sessions, _ := s.world.GameSessions(world.SessionQuery{Fleet: f.ID, Limit: 100})
		for _, g := range sessions {
			s.printf("  %s", sessionLine(g))
			players, _ := s.world.PlayerSessions(world.PlayerQuery{Session: g.ID, Limit: 300})
			for _, p := range players {
				s.printf("    %s", playerLine(p))
			}
		}
	}
	if due := s.world.NextDue(); due != 0 {
		s.printf("next due %s", since(due))
	}
}

func processLine(p world.Process) string {
	line := fmt.Sprintf("process %s %s", p.Key.Process, p.Status)
	if p.Conn == "" {
		line += ", not connected"
	}
	if p.Bad > 0 {
		line += fmt.Sprintf(", %d bad reports", p.Bad)
	}
	if p.Session != "" {
		line += ", hosts " + p.Session
	}
	return line
}

func sessionLine(g world.GameSession) string {
	line := fmt.Sprintf("session %s %s %d/%d on %s at %s:%d", g.ID, g.Status, g.Players, g.Maximum, g.Process, g.IP, g.Port)
	if g.Policy != world.AcceptAll {
		line += " " + g.Policy
	}
	if g.Reason != "" {
		line += " " + g.Reason
	}
	if len(g.Properties) > 0 {
		line += " " + text(reflect.ValueOf(g.Properties))
	}
	return line
}

func playerLine(p world.PlayerSession) string {
	return fmt.Sprintf("player %s (%s) %s", p.ID, p.Player, p.Status)
}
