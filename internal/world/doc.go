// Package world is muster's state machine: locations, fleets, aliases,
// computes, server processes, game sessions and player sessions.
//
// It is pure. A [Command] is decided in a [Turn] on the [World]: it reads
// state, checks, and emits [Event] values; applying an event is the only
// thing that changes state. Time, identifiers and everything else that could
// differ between two runs come in with the command, so the same events give
// the same state, always. There is no I/O, clock, randomness, logging,
// goroutine or lock here: package ledger owns the one World, its lock, its
// clock and its journal.
//
// Start with [Execute] and [World.Apply], then read session.go and player.go
// for the main job, process.go for the game servers' side, and timer.go for
// how deadlines become commands.
package world
