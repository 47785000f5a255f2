package limits_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/gamelift"
	"pgregory.net/rapid"

	"github.com/musterhq/muster/internal/limits"

	//lint:ignore SA1019 nothing of it is used but the model that lies in its module
	_ "github.com/aws/aws-sdk-go/aws/awserr"
)

// A modelShape is a shape of the service model, as the Go SDK of the first
// generation published it.
type modelShape struct {
	Type       string
	Required   []string
	Members    map[string]modelRef
	Member     modelRef
	Key, Value modelRef
	Min, Max   *int64
	Pattern    string
	Enum       []string
}

type modelRef struct{ Shape string }

type serviceModel struct {
	Operations map[string]struct{ Input modelRef }
	Shapes     map[string]*modelShape
}

// notOffered are the operations that the table leaves out: those about AWS's
// own machines, scripts, networks and containers.
var notOffered = regexp.MustCompile(`Script|VpcPeering|GameServer|Container|RequestUploadCredentials|GetInstanceAccess|DescribeEC2InstanceLimits`)

// readModel reads the model from the module that the build uses, and brings
// it up to date: AWS retired that SDK in 2025.
func readModel(t *testing.T) *serviceModel {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-sdk-go").Output()
	if err != nil {
		t.Fatalf("find the module with the model: %v", err)
	}
	data, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "models/apis/gamelift/2015-10-01/api-2.json"))
	if err != nil {
		t.Fatal(err)
	}
	var m serviceModel
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	m.applyNewer()
	m.applyDocumented()
	return &m
}

func ptr(n int64) *int64 { return &n }

// applyNewer is what later versions of the model changed in what we offer.
func (m *serviceModel) applyNewer() {
	m.Shapes["ArnStringModel"].Max = ptr(512)
	m.Shapes["ComputeType"].Enum = []string{"EC2", "ANYWHERE"} // containers have fleets of their own
	delete(m.Shapes["CreateFleetInput"].Members, "ContainerGroupsConfiguration")
	delete(m.Shapes["ListFleetsInput"].Members, "ContainerGroupDefinitionName")
	for name, s := range map[string]*modelShape{
		"AliasIdOrArn":                      {Min: ptr(1), Max: ptr(512), Pattern: `^alias-\S+$|^arn:.*:alias\/alias-\S+$`},
		"PlayerSessionId":                   {Min: ptr(1), Max: ptr(128), Pattern: `^psess-\S+$`},
		"FleetId":                           {Min: ptr(1), Max: ptr(128), Pattern: `^[a-z]*fleet-[a-zA-Z0-9\-]+`},
		"FleetIdOrArn":                      {Min: ptr(1), Max: ptr(512), Pattern: `^[a-z]*fleet-[a-zA-Z0-9\-]+$|^arn:.*:[a-z]*fleet\/[a-z]*fleet-[a-zA-Z0-9\-]+$`},
		"ContainerGroupDefinitionNameOrArn": {Min: ptr(1), Max: ptr(512), Pattern: `^[a-zA-Z0-9\-]+$|^arn:.*:containergroupdefinition\/[a-zA-Z0-9\-]+(:[0-9]+)?$`},
		"TerminationMode":                   {Enum: []string{"TRIGGER_ON_PROCESS_TERMINATE", "FORCE_TERMINATE"}},
		"ScaleInAfterInactivityMinutes":     {Type: "integer", Min: ptr(5), Max: ptr(1440)},
		"LocationOrderOverrideList":         {Type: "list", Member: modelRef{"LocationStringModel"}, Min: ptr(1), Max: ptr(10)},
		"PriorityConfigurationOverride":     {Type: "structure", Required: []string{"LocationOrder"}, Members: map[string]modelRef{"LocationOrder": {"LocationOrderOverrideList"}}},
		"ManagedCapacityConfiguration":      {Type: "structure", Members: map[string]modelRef{"ScaleInAfterInactivityMinutes": {"ScaleInAfterInactivityMinutes"}}},
		"TerminateGameSessionInput":         {Type: "structure", Required: []string{"GameSessionId", "TerminationMode"}, Members: map[string]modelRef{"GameSessionId": {"ArnStringModel"}, "TerminationMode": {"TerminationMode"}}},
		"GetPlayerConnectionDetailsInput":   {Type: "structure", Required: []string{"GameSessionId", "PlayerIds"}, Members: map[string]modelRef{"GameSessionId": {"ArnStringModel"}, "PlayerIds": {"PlayerIdList"}}},
	} {
		if s.Type == "" {
			s.Type = "string"
		}
		m.Shapes[name] = s
	}
	for _, op := range []string{"TerminateGameSession", "GetPlayerConnectionDetails"} {
		m.Operations[op] = struct{ Input modelRef }{modelRef{op + "Input"}}
	}
	m.Shapes["StartGameSessionPlacementInput"].Members["PriorityConfigurationOverride"] = modelRef{"PriorityConfigurationOverride"}
	m.Shapes["UpdateFleetCapacityInput"].Members["ManagedCapacityConfiguration"] = modelRef{"ManagedCapacityConfiguration"}
}

// applyDocumented is what the API reference says in words alone.
func (m *serviceModel) applyDocumented() {
	m.Shapes["QueueTimeout"] = &modelShape{Type: "integer", Min: ptr(10), Max: ptr(600)}
	m.Shapes["CreateGameSessionQueueInput"].Members["TimeoutInSeconds"] = modelRef{"QueueTimeout"}
	m.Shapes["UpdateGameSessionQueueInput"].Members["TimeoutInSeconds"] = modelRef{"QueueTimeout"}
	m.Shapes["TicketPlayers"] = &modelShape{Type: "list", Member: modelRef{"Player"}, Max: ptr(10)}
	m.Shapes["BackfillPlayers"] = &modelShape{Type: "list", Member: modelRef{"Player"}, Max: ptr(199)}
	m.Shapes["StartMatchmakingInput"].Members["Players"] = modelRef{"TicketPlayers"}
	m.Shapes["StartMatchBackfillInput"].Members["Players"] = modelRef{"BackfillPlayers"}
	m.Shapes["TicketIds"] = &modelShape{Type: "list", Member: modelRef{"MatchmakingIdStringModel"}, Max: ptr(10)}
	m.Shapes["DescribeMatchmakingInput"].Members["TicketIds"] = modelRef{"TicketIds"}
	m.Shapes["PlayerAttributeMap"].Max = ptr(10)
	m.Shapes["PlayerAttributeStringDoubleMap"].Max = ptr(10)
}

// A place makes an input, has fill set one value deep inside of it, and
// returns the input.
type place func(fill func(reflect.Value)) any

// A probe asks Check about one place in one operation's input.
type probe struct {
	*testing.T
	model *serviceModel
	op    string
	place place
	path  string
}

// TestTableAgainstModel breaks every constraint of the model, one at a time,
// and checks that Check knows it and knows no other.
func TestTableAgainstModel(t *testing.T) {
	model := readModel(t)
	client := reflect.TypeFor[*gamelift.Client]()
	offered := 0
	for op, def := range model.Operations {
		if notOffered.MatchString(op) {
			continue
		}
		offered++
		t.Run(op, func(t *testing.T) {
			method, ok := client.MethodByName(op)
			if !ok {
				t.Fatal("the SDK has no such operation")
			}
			input := method.Type.In(2).Elem()
			p := probe{T: t, model: model, op: op, place: func(fill func(reflect.Value)) any {
				v := reflect.New(input)
				fill(v.Elem())
				return v.Interface()
			}}
			p.structure(model.Shapes[def.Input.Shape])
		})
	}
	if offered != 78 {
		t.Errorf("checked %d operations, want 78", offered)
	}
}

// constraints returns what Check says about the value at the place once fill
// has set it, and nothing about other places.
func (p probe) constraints(fill func(reflect.Value)) []string {
	err := limits.Check(p.op, p.place(fill))
	var violations *limits.Violations
	if err != nil && !errors.As(err, &violations) {
		p.Fatal(err)
	}
	var found []string
	for violations != nil && len(violations.List) > 0 {
		if one := violations.List[0]; one.Path == p.path {
			found = append(found, one.Constraint)
		}
		violations.List = violations.List[1:]
	}
	return found
}

// expect checks for one constraint, or with ok for the absence of all that
// start like it.
func (p probe) expect(what string, fill func(reflect.Value), ok bool, constraint string) {
	p.Helper()
	for _, got := range p.constraints(fill) {
		if strings.HasPrefix(got, constraint) {
			if ok {
				p.Errorf("%s %s: %s", p.path, what, got)
			}
			return
		}
	}
	if !ok {
		p.Errorf("%s %s: no %q", p.path, what, constraint)
	}
}

func (p probe) structure(s *modelShape) {
	for name, ref := range s.Members {
		inner := p
		inner.path = strings.TrimPrefix(p.path+"."+strings.ToLower(name[:1])+name[1:], ".")
		inner.place = func(fill func(reflect.Value)) any {
			return p.place(func(v reflect.Value) { fill(deref(v).FieldByName(name)) })
		}
		required := false
		for _, r := range s.Required {
			required = required || r == name
		}
		inner.expect("unset", func(reflect.Value) {}, !required, "Member must not be null")
		inner.value(p.model.Shapes[ref.Shape])
	}
}

func deref(v reflect.Value) reflect.Value {
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	return v
}

func (p probe) value(s *modelShape) {
	switch s.Type {
	case "structure":
		p.structure(s)
	case "string":
		p.text(s)
	case "integer", "long":
		p.number(s)
	case "list":
		p.list(s)
	case "map":
		p.mapping(s)
	case "boolean", "timestamp", "double", "float", "blob":
	default:
		p.Fatalf("%s: a shape of type %s", p.path, s.Type)
	}
}

func setText(s string) func(reflect.Value) {
	return func(v reflect.Value) { deref(v).SetString(s) }
}

func (p probe) text(s *modelShape) {
	const tooLong, tooShort = "Member must have length less than or equal to ", "Member must have length greater than or equal to "
	if len(s.Enum) > 0 {
		p.expect("of no enum", setText("NO SUCH VALUE"), false, "Member must satisfy enum value set: [")
		for _, value := range s.Enum {
			p.expect(value, setText(value), true, "Member must satisfy enum value set")
		}
		return
	}
	size := int64(1 << 19)
	if s.Max != nil {
		size = *s.Max
		p.expect("too long", setText(strings.Repeat("é", int(size)+1)), false, tooLong)
	}
	p.expect("long", setText(strings.Repeat("é", int(size))), true, tooLong)
	if size < 1<<10 {
		p.expect("long", setText(strings.Repeat("日", int(size))), true, "Member must have length")
	}
	if s.Min != nil && *s.Min > 0 {
		p.expect("too short", setText(strings.Repeat("日", int(*s.Min)-1)), false, tooShort)
	} else {
		p.expect("empty", setText(""), true, tooShort)
	}
	p.pattern(s.Pattern)
}

// anchored writes a pattern as the table does: with anchors around each
// alternative.
func anchored(pattern string) string {
	parts := strings.Split(pattern, "|")
	for i, part := range parts {
		parts[i] = "^" + strings.TrimSuffix(strings.TrimPrefix(part, "^"), "$") + "$"
	}
	return strings.Join(parts, "|")
}

func (p probe) pattern(pattern string) {
	const mismatch = "Member must satisfy regular expression pattern: "
	if pattern == "" {
		p.expect("without pattern", setText("\x00 \n"), true, mismatch)
		return
	}
	reference := regexp.MustCompile("^(?:" + pattern + ")$")
	samples := rapid.OneOf(
		rapid.StringOfN(rapid.RuneFrom([]rune("aZ09-_:./ \\@\n\té")), 0, 4, -1),
		rapid.StringMatching(anchored(pattern)),
		rapid.Custom(func(t *rapid.T) string {
			head := rapid.SampledFrom([]string{"", "fleet-", "containerfleet-", "Fleet-", "arn:aws:x:fleet/", "arn:a:alias/alias-", "alias-", "psess-", "custom-"}).Draw(t, "head")
			return head + rapid.StringOfN(rapid.RuneFrom([]rune("a0-f/ fleet-")), 0, 9, -1).Draw(t, "tail")
		}),
	)
	rapid.Check(p.T, func(t *rapid.T) {
		s := samples.Draw(t, "s")
		p.expect(s, setText(s), reference.MatchString(s), mismatch+anchored(pattern))
	})
}

func (p probe) number(s *modelShape) {
	set := func(n int64) func(reflect.Value) { return func(v reflect.Value) { deref(v).SetInt(n) } }
	low, high := int64(-1<<31), int64(1<<31-1)
	if s.Min != nil {
		low = *s.Min
		p.expect("too small", set(low-1), false, "Member must have value greater than or equal to ")
	}
	if s.Max != nil {
		high = *s.Max
		if high < 1<<31-1 {
			p.expect("too large", set(high+1), false, "Member must have value less than or equal to ")
		}
	}
	p.expect("smallest", set(low), true, "Member must")
	p.expect("largest", set(high), true, "Member must")
}

func (p probe) list(s *modelShape) {
	sized := func(n int64) func(reflect.Value) {
		return func(v reflect.Value) { v.Set(reflect.MakeSlice(v.Type(), int(n), int(n))) }
	}
	if s.Max != nil {
		p.expect("too long", sized(*s.Max+1), false, "Member must have length less than or equal to ")
		p.expect("long", sized(*s.Max), true, "Member must have length")
	} else {
		p.expect("long", sized(1000), true, "Member must have length")
	}
	if s.Min != nil && *s.Min > 0 {
		p.expect("too short", sized(*s.Min-1), false, "Member must have length greater than or equal to ")
	} else {
		p.expect("empty", sized(0), true, "Member must have length")
	}
	elem := p
	elem.path += ".1.member"
	elem.place = func(fill func(reflect.Value)) any {
		return p.place(func(v reflect.Value) {
			sized(1)(v)
			fill(v.Index(0))
		})
	}
	elem.value(p.model.Shapes[s.Member.Shape])
}

func (p probe) mapping(s *modelShape) {
	part := func(name, shape string, isKey bool) {
		inner := p
		inner.path += "." + name
		inner.place = func(fill func(reflect.Value)) any {
			return p.place(func(v reflect.Value) {
				key, elem := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
				if isKey {
					fill(key)
				} else {
					fill(elem)
				}
				v.Set(reflect.MakeMap(v.Type()))
				v.SetMapIndex(key, elem)
			})
		}
		inner.value(p.model.Shapes[shape])
	}
	part("key", s.Key.Shape, true)
	part("value", s.Value.Shape, false)
	sized := func(n int64) func(reflect.Value) {
		return func(v reflect.Value) {
			v.Set(reflect.MakeMap(v.Type()))
			for i := range n {
				v.SetMapIndex(reflect.ValueOf(strings.Repeat("k", int(i)+1)), reflect.Zero(v.Type().Elem()))
			}
		}
	}
	if s.Max != nil {
		p.expect("too large", sized(*s.Max+1), false, "Member must have length less than or equal to ")
		p.expect("large", sized(*s.Max), true, "Member must have length")
	} else {
		p.expect("large", sized(100), true, "Member must have length")
	}
}
