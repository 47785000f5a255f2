// Package compat is the compatibility test: it drives the muster binary with
// clients that others have made, none of them changed, through every operation
// that muster offers. It is a module of its own, so that the clients stay out
// of muster's module graph, and it has tests only.
//
// Start with story_test.go: a story is a list of calls with what each is to
// answer, told once and played by every client. The cases_*_test.go files are
// the stories. What came of them all is docs/COMPATIBILITY.md, which the test
// compares, and with -rewrite writes.
package compat
