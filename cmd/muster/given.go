package main

import "errors"

// given is text on the command line that says which one is meant. It is never
// empty: an unset variable of a shell's must not mean another thing than what
// its author had in mind.
type given string

// UnmarshalText implements encoding.TextUnmarshaler.
func (g *given) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		return errors.New("it is empty: is a variable of the shell's unset?")
	}
	*g = given(text)
	return nil
}

// ptr returns what the SDK takes for a string.
func (g given) ptr() *string { return (*string)(&g) }
