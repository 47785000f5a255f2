// Package arena is a small real game over UDP, to show and to test muster
// with: players walk about in a square and see each other. [Server] is the
// game server, one session in its life, over any muster.Host; [Player] is the
// client's side, a muster.ClientHandler.
//
// The protocol is one line of text a datagram. A player says
//
//	JOIN player-session-id name
//	MOVE dx dy
//	LEAVE
//
// and repeats JOIN and LEAVE until answered, since datagrams get lost. The
// server says
//
//	WELCOME connection-id
//	SORRY reason
//	STATE name:x,y name:x,y …
//	BYE
package arena

import "time"

// The rhythm of the game.
const (
	tick   = 100 * time.Millisecond // between two STATEs
	resend = 150 * time.Millisecond // between two JOINs or LEAVEs
	silent = 5 * time.Second        // after which a player counts as gone
	size   = 100                    // of the square
)

// packet is the largest datagram.
const packet = 1400
