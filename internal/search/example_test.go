package search_test

import (
	"fmt"

	"github.com/musterhq/muster/internal/search"
)

func Example() {
	var x search.Index
	x.Put(search.Doc{ID: "gs-1", Properties: map[string]string{"mode": "duel"}, Maximum: 2, Players: 2, Created: 1000})
	x.Put(search.Doc{ID: "gs-2", Properties: map[string]string{"mode": "duel"}, Maximum: 2, Players: 1, Created: 2000})
	x.Put(search.Doc{ID: "gs-3", Properties: map[string]string{"mode": "race"}, Maximum: 8, Players: 1, Created: 3000})

	filter, err := search.ParseFilter("gameSessionProperties.mode = 'duel' AND hasAvailablePlayerSessions = true")
	if err != nil {
		fmt.Println(err)
		return
	}
	order, err := search.ParseSort("creationTimeMillis ASC")
	if err != nil {
		fmt.Println(err)
		return
	}
	ids, _, err := x.Search(search.Query{Filter: filter, Sort: order, Limit: 20})
	fmt.Println(ids, err)

	_, err = search.ParseFilter("gameSessionName != 'lobby'")
	fmt.Println(err)
	// Output:
	// [gs-2] <nil>
	// at offset 16: ! has no meaning: write <> for not equal, NOT before a condition
}
