package world

import (
	"maps"
	"slices"
	"strings"
)

// tagLimit is how many tags one resource may have. Source: GameLift API, TagResource.
const tagLimit = 200

// resource returns the key under which the tags of an ARN are kept, and
// whether the resource exists.
func (w *World) resource(arn string) (string, bool) {
	for _, kind := range []string{"fleet", "alias", "location"} {
		_, name, ok := strings.Cut(arn, ":"+kind+"/")
		if !ok {
			continue
		}
		switch kind {
		case "fleet":
			ok = w.fleets[name] != nil
		case "alias":
			ok = w.aliases[name] != nil
		case "location":
			ok = w.locations[name] != nil
		}
		return kind + "/" + name, ok
	}
	return "", false
}

// Tags returns the tags of the resource with this ARN. Errors: ErrNotFound.
func (w *World) Tags(arn string) (map[string]string, error) {
	key, ok := w.resource(arn)
	if !ok {
		return nil, refuse(ErrNotFound, "there is no resource %s that can have tags", arn)
	}
	return maps.Clone(w.tags[key]), nil
}

// TagResource adds tags to a resource; those it has already are overwritten.
type TagResource struct {
	ARN  string
	Tags map[string]string
}

// Decide implements Command. Errors: ErrNotFound, ErrTaggingFailed.
func (c TagResource) Decide(t *Turn) (struct{}, error) {
	key, ok := t.resource(c.ARN)
	if !ok {
		return struct{}{}, refuse(ErrNotFound, "there is no resource %s that can have tags", c.ARN)
	}
	if err := checkTags(t.tags[key], c.Tags); err != nil {
		return struct{}{}, err
	}
	t.tag(key, c.Tags)
	return struct{}{}, nil
}

// UntagResource removes tags; those the resource does not have are ignored.
type UntagResource struct {
	ARN  string
	Keys []string
}

// Decide implements Command. Errors: ErrNotFound.
func (c UntagResource) Decide(t *Turn) (struct{}, error) {
	key, ok := t.resource(c.ARN)
	if !ok {
		return struct{}{}, refuse(ErrNotFound, "there is no resource %s that can have tags", c.ARN)
	}
	t.emit(Untagged{Resource: key, Keys: c.Keys})
	return struct{}{}, nil
}

func checkTags(have, add map[string]string) error {
	n := len(have)
	for _, k := range slices.Sorted(maps.Keys(add)) {
		if _, ok := have[k]; !ok {
			n++
		}
		if strings.HasPrefix(k, "aws:") {
			return refuse(ErrTaggingFailed, "tag key %q begins with aws:, which is reserved", k)
		}
	}
	if n > tagLimit {
		return refuse(ErrTaggingFailed, "a resource can have %d tags, this would make %d", tagLimit, n)
	}
	return nil
}

func (t *Turn) tag(resource string, tags map[string]string) {
	if len(tags) > 0 {
		t.emit(Tagged{Resource: resource, Tags: tags})
	}
}

// Tagged and Untagged are what happens to the tags of a resource.
type (
	Tagged struct {
		Resource string            `cbor:"1,keyasint"`
		Tags     map[string]string `cbor:"2,keyasint"`
	}
	Untagged struct {
		Resource string   `cbor:"1,keyasint"`
		Keys     []string `cbor:"2,keyasint"`
	}
)

func (e Tagged) apply(w *World, _ Instant) {
	tags := w.tags[e.Resource]
	if tags == nil {
		tags = make(map[string]string, len(e.Tags))
		w.tags[e.Resource] = tags
	}
	maps.Copy(tags, e.Tags)
}

func (e Untagged) apply(w *World, _ Instant) {
	for _, k := range e.Keys {
		delete(w.tags[e.Resource], k)
	}
	if len(w.tags[e.Resource]) == 0 {
		delete(w.tags, e.Resource)
	}
}
