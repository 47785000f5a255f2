package ledger_test

import (
	"fmt"

	"github.com/anishathalye/porcupine"
)

// A fleetState is the sequential model that concurrent histories are held
// against: game servers that wait, and the game sessions that tokens have
// made. It is compared with ==.
type fleetState struct {
	idle  int
	games [linearTokens]gameState // by token
}

type gameState struct {
	status           string // "": not made
	reserved, active uint16 // player sessions, one bit each
	over             uint16
}

const (
	linearTokens  = 3
	linearMaximum = 3 // players of a game session
)

// A linearInput is one call. Token and Player are numbers.
type linearInput struct {
	Call   string
	Token  int
	Player int
}

// A linearOutput is what it was answered. Refused stands for any error.
type linearOutput struct {
	Refused bool
	Status  string // of the game session
	Players int    // of the game session, RESERVED and ACTIVE
}

func (g gameState) players() int {
	n := 0
	for bits := g.reserved | g.active; bits > 0; bits &= bits - 1 {
		n++
	}
	return n
}

// linear is the model, with so many slots in a game session.
func linear(maximum int) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return fleetState{} },
		Step: func(state, input, output any) (bool, any) {
			return step(state.(fleetState), input.(linearInput), output.(linearOutput), maximum)
		},
		DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v: %+v", input, output) },
	}
}

func step(s fleetState, in linearInput, out linearOutput, maximum int) (bool, fleetState) {
	next, want := s.call(in, maximum)
	if out.Refused || want.Refused {
		return out.Refused == want.Refused, s
	}
	return out == want, next
}

// call is what a call does when nothing else goes on.
func (s fleetState) call(in linearInput, maximum int) (fleetState, linearOutput) {
	refused := linearOutput{Refused: true}
	if in.Call == "serve" {
		s.idle++
		return s, linearOutput{}
	}
	g, bit := &s.games[in.Token], uint16(1)<<in.Player
	live := g.status == "ACTIVATING" || g.status == "ACTIVE"
	switch in.Call {
	case "create":
		if g.status == "" && s.idle == 0 {
			return s, refused
		}
		if g.status == "" {
			s.idle--
			g.status = "ACTIVATING"
		}
	case "activate":
		if !live {
			return s, refused
		}
		g.status = "ACTIVE"
	case "join":
		if g.status != "ACTIVE" || g.players() >= maximum {
			return s, refused
		}
		g.reserved |= bit
	case "accept":
		if !live || g.reserved&bit == 0 {
			return s, refused
		}
		g.reserved, g.active = g.reserved&^bit, g.active|bit
	case "leave":
		if !live || (g.reserved|g.active|g.over)&bit == 0 {
			return s, refused
		}
		g.reserved, g.active, g.over = g.reserved&^bit, g.active&^bit, g.over|bit
	case "end":
		if g.status == "" {
			return s, refused
		}
		g.status, g.reserved, g.active, g.over = "TERMINATED", 0, 0, g.over|g.reserved|g.active
	case "describe":
		if g.status == "" {
			return s, refused
		}
	}
	return s, linearOutput{Status: g.status, Players: g.players()}
}
