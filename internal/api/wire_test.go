package api_test

import (
	"encoding/json"
	"io"
)

func decodeJSON(r io.Reader) map[string]any {
	var doc map[string]any
	if err := json.NewDecoder(r).Decode(&doc); err != nil {
		return map[string]any{"__type": "not JSON: " + err.Error()}
	}
	return doc
}
