package flexmatch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// A population is a pool of tickets as a plain JSON file, so that any other
// engine can be given the same. Its names are those of the service API's
// StartMatchmaking:
//
//	{"Tickets": [
//	{"TicketId": "t1", "StartTime": "2026-11-22T12:00:00Z", "Players": [
//	  {"PlayerId": "p1", "PlayerAttributes": {"skill": {"N": 23}}, "LatencyInMs": {"us-east-1": 60}}]}
//	]}
//
// Backfill tickets have a "Backfill" object with "GameSession" and "Region",
// and a "Team" in each player.

type populationFile struct {
	Tickets []populationTicket
}

type populationTicket struct {
	TicketID  string `json:"TicketId"`
	StartTime time.Time
	Players   []populationPlayer
	Backfill  *Backfill `json:",omitempty"`
}

type populationPlayer struct {
	PlayerID         string                         `json:"PlayerId"`
	Team             string                         `json:",omitempty"`
	PlayerAttributes map[string]populationAttribute `json:",omitempty"`
	LatencyInMs      map[string]int                 `json:",omitempty"`
}

// populationAttribute has one field set.
type populationAttribute struct {
	S   *string            `json:",omitempty"`
	N   *float64           `json:",omitempty"`
	SL  []string           `json:",omitzero"`
	SDM map[string]float64 `json:",omitzero"`
}

// FormatPopulation writes tickets as a population file, one ticket a line.
func FormatPopulation(tickets []Ticket) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("{\"Tickets\": [")
	for i, t := range tickets {
		line, err := json.Marshal(populationOf(t))
		if err != nil {
			return nil, fmt.Errorf("write ticket %q: %w", t.ID, err)
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
		b.Write(line)
	}
	b.WriteString("\n]}\n")
	return b.Bytes(), nil
}

func populationOf(t Ticket) populationTicket {
	out := populationTicket{TicketID: t.ID, StartTime: t.Start, Backfill: t.Backfill}
	for _, p := range t.Players {
		player := populationPlayer{PlayerID: p.ID, Team: p.Team, LatencyInMs: p.Latency}
		if len(p.Attributes) > 0 {
			player.PlayerAttributes = map[string]populationAttribute{}
		}
		for name, a := range p.Attributes {
			player.PlayerAttributes[name] = a.population()
		}
		out.Players = append(out.Players, player)
	}
	return out
}

func (a Attribute) population() populationAttribute {
	switch a.Type {
	case NumberType:
		return populationAttribute{N: &a.Number}
	case StringListType:
		return populationAttribute{SL: append([]string{}, a.Strings...)}
	case StringNumberMapType:
		if a.Map == nil {
			a.Map = map[string]float64{}
		}
		return populationAttribute{SDM: a.Map}
	}
	return populationAttribute{S: &a.String}
}

// ParsePopulation reads a population file. It checks its form alone: whether
// the tickets suit a rule set is for RuleSet.Check to say.
func ParsePopulation(data []byte) ([]Ticket, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	var file populationFile
	if err := d.Decode(&file); err != nil {
		return nil, fmt.Errorf("read population: %w", err)
	}
	tickets := make([]Ticket, len(file.Tickets))
	for i, t := range file.Tickets {
		tickets[i] = Ticket{ID: t.TicketID, Start: t.StartTime, Backfill: t.Backfill}
		for _, p := range t.Players {
			player := Player{ID: p.PlayerID, Team: p.Team, Latency: p.LatencyInMs}
			for name, in := range p.PlayerAttributes {
				a, err := in.attribute()
				if err != nil {
					return nil, fmt.Errorf("read population: ticket %q, player %q, attribute %q: %w", t.TicketID, p.PlayerID, name, err)
				}
				if player.Attributes == nil {
					player.Attributes = make(map[string]Attribute, len(p.PlayerAttributes))
				}
				player.Attributes[name] = a
			}
			tickets[i].Players = append(tickets[i].Players, player)
		}
	}
	return tickets, nil
}

func (in populationAttribute) attribute() (a Attribute, err error) {
	set := 0
	if in.S != nil {
		a, set = String(*in.S), set+1
	}
	if in.N != nil {
		a, set = Number(*in.N), set+1
	}
	if in.SL != nil {
		a, set = StringList(in.SL...), set+1
	}
	if in.SDM != nil {
		a, set = StringNumberMap(in.SDM), set+1
	}
	if set != 1 {
		return a, fmt.Errorf("%d values are given; write one of S, N, SL and SDM", set)
	}
	return a, nil
}
