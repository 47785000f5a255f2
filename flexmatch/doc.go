// Package flexmatch is a matchmaking engine for FlexMatch rule sets: it parses
// and checks them, forms matches from tickets, and says why.
//
// It is pure: no clock, no randomness, no goroutines, no I/O. Time and seed come
// in as arguments, and the same calls give the same matches. It knows nothing of
// acceptance, placement, timeouts or events; whoever keeps tickets alive calls
// it.
//
// Start with Parse. Form makes the matches of a pool at one instant; an Engine
// keeps a pool while tickets come and go.
package flexmatch
