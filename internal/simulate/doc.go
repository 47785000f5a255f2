// Package simulate shows what a FlexMatch rule set does to a crowd. It makes up
// players who fit the rule set, lets them arrive at a flexmatch.Engine over
// simulated time, and counts what becomes of them: who is matched, after what
// wait, in how good a company, and why others are not.
//
// It reads no clock, draws no lots but from the seed, and does no I/O: the same
// arguments give the same report. It is no load test of a server; acceptance and
// placement are not simulated.
//
// Start with Crowd, which makes tickets, and Simulation, which runs them.
package simulate
