// Package search finds game sessions by GameLift's filter and sort
// expressions: it parses them, checks them, evaluates them against one session
// and answers whole queries from an index.
//
// It is pure: no clock, no randomness, no locks, no goroutines. The same
// documents and the same query give the same answer, whatever the order in
// which the documents came. It knows nothing of fleets, of session states or
// of who may see what: keep one Index for each set of sessions that is
// searched together, and put only what may be found into it.
//
// Start with ParseFilter for the language, Filter.Match for its meaning, and
// Index.Search for how an answer is made.
package search

// Doc is what a search can see of one game session.
type Doc struct {
	ID         string            // game session ARN
	Name       string            // empty when the session has none
	Location   string            // location the session runs in
	Properties map[string]string // game properties; the index never keeps the map
	Maximum    int               // MaximumPlayerSessionCount
	Players    int               // reserved and active player sessions
	Created    int64             // Unix milliseconds
}

// HasAvailable tells whether a player session could still be sold. It looks at
// the numbers alone: a session that denies new players can be available.
//
// Source: GameLift service API, SearchGameSessions, hasAvailablePlayerSessions.
func (d *Doc) HasAvailable() bool { return d.Players < d.Maximum }

// Query is one page of one search.
type Query struct {
	Filter   *Filter // nil finds everything
	Sort     *Sort   // nil or empty gives an order that looks random, see Seed
	Location string  // only sessions of this location; empty means all
	Limit    int     // most results to return; zero or less means no limit
	After    string  // cursor that the page before returned; empty for the first page
	Seed     uint64  // chooses the order when Sort is empty; the cursor carries it to later pages

	Instead []Version // what is to be searched instead of the documents of these IDs, none of them twice
}
