package awswire

import (
	"reflect"
	"strconv"
)

// A token is one scalar, or the start of a list or a map.
type token struct {
	kind  tokenKind
	whole int64   // of a wholeToken, and 1 for a true boolToken
	float float64 // of a floatToken
	text  []byte  // of a textToken or a bytesToken, until the next token is read
	count int     // of a listToken or a mapToken that tells it, else 0: a hint
}

type tokenKind uint8

const (
	nullToken tokenKind = iota
	boolToken
	wholeToken // a number without a fraction that fits an int64
	floatToken // any other number
	textToken
	bytesToken
	listToken
	mapToken
	otherToken
)

// gots names the tokens in errors.
var gots = [...]string{"null", "a boolean", "a number", "a number", "a string", "bytes", "a list", "a map", "an unknown simple value"}

// A source reads a document token by token. It checks that the whole of it is
// well-formed, and reports what is not as a *SyntaxError.
type source interface {
	// next reads a scalar or the start of a list or a map.
	next() (token, error)
	// more reports whether the innermost open list or map, which is of this
	// kind, has another element, and closes it if it has not.
	more(kind tokenKind) (bool, error)
	// key reads the key of the next element of a map. The bytes are good
	// until the next token is read.
	key() ([]byte, error)
	// end checks that nothing follows the document.
	end() error
}

type decoder struct {
	source
	left int // elements of lists and maps that may still come
}

func decode(src source, v any) error {
	s, val := open(v)
	d := decoder{source: src, left: maxElements}
	t, err := d.next()
	if err != nil {
		return err
	}
	val.SetZero()
	if t.kind != mapToken {
		return s.mismatch(t)
	}
	if err := d.structure(s, val); err != nil {
		return err
	}
	return d.end()
}

func (s *shape) mismatch(t token) error {
	return &TypeError{Want: wants[s.kind], Got: gots[t.kind]}
}

// value reads what belongs into v. An earlier value of v is forgotten: the
// last of several members of one name wins.
func (d *decoder) value(s *shape, v reflect.Value) error {
	t, err := d.next()
	if err != nil {
		return err
	}
	if t.kind == nullToken {
		v.SetZero()
		return nil
	}
	return d.fill(s, t, v)
}

// fill reads what begins with t, which is not null, into v.
func (d *decoder) fill(s *shape, t token, v reflect.Value) error {
	switch s.kind {
	case structureKind:
		return d.newStructure(s, t, v)
	case listKind:
		return d.list(s, t, v)
	case mapKind:
		return d.mapping(s, t, v)
	}
	return s.setScalar(t, v)
}

func (d *decoder) newStructure(s *shape, t token, v reflect.Value) error {
	if t.kind != mapToken {
		return s.mismatch(t)
	}
	v.SetZero()
	if s.pointer {
		v.Set(reflect.New(s.typ))
		v = v.Elem()
	}
	return d.structure(s, v)
}

func (d *decoder) structure(s *shape, v reflect.Value) error {
	for {
		if ok, err := d.more(mapToken); !ok {
			return err
		}
		name, err := d.key()
		if err != nil {
			return err
		}
		f := s.byName[string(name)]
		if f == nil {
			err = d.skip(0)
		} else if err = d.value(f.shape, v.Field(f.index)); err != nil {
			err = inside(f.name, err)
		}
		if err != nil {
			return err
		}
	}
}

func (d *decoder) list(s *shape, t token, v reflect.Value) error {
	if t.kind != listToken {
		return s.mismatch(t)
	}
	list := reflect.MakeSlice(s.typ, 0, min(t.count, 16))
	for {
		ok, err := d.element(t.kind)
		if err != nil {
			return err
		}
		if !ok {
			v.Set(list)
			return nil
		}
		i := list.Len()
		if i == list.Cap() {
			grown := reflect.MakeSlice(s.typ, i, max(4, 2*i))
			reflect.Copy(grown, list)
			list = grown
		}
		list = list.Slice(0, i+1)
		if err := d.value(s.elem, list.Index(i)); err != nil {
			return inside("["+strconv.Itoa(i)+"]", err)
		}
	}
}

// maxKeyShown is how many bytes of a map's key an error repeats.
const maxKeyShown = 64

func (d *decoder) mapping(s *shape, t token, v reflect.Value) error {
	if t.kind != mapToken {
		return s.mismatch(t)
	}
	m := reflect.MakeMap(s.typ)
	for {
		ok, err := d.element(t.kind)
		if err != nil {
			return err
		}
		if !ok {
			v.Set(m)
			return nil
		}
		key, err := d.key()
		if err != nil {
			return err
		}
		name := string(key)
		t, err := d.next()
		if err != nil {
			return err
		}
		if t.kind == nullToken {
			continue
		}
		elem := reflect.New(s.typ.Elem()).Elem()
		if err := d.fill(s.elem, t, elem); err != nil {
			return inside("["+strconv.Quote(name[:min(len(name), maxKeyShown)])+"]", err)
		}
		m.SetMapIndex(reflect.ValueOf(name).Convert(s.typ.Key()), elem)
	}
}

// element is more, counted against the bound on the document.
func (d *decoder) element(kind tokenKind) (bool, error) {
	ok, err := d.more(kind)
	if ok {
		if d.left--; d.left < 0 {
			return false, ErrTooLarge
		}
	}
	return ok, err
}

// skip reads a value that nobody asked for.
func (d *decoder) skip(depth int) error {
	t, err := d.next()
	if err != nil || t.kind != listToken && t.kind != mapToken {
		return err
	}
	if depth == maxDepth {
		return ErrTooLarge
	}
	for {
		if ok, err := d.more(t.kind); !ok {
			return err
		}
		if t.kind == mapToken {
			if _, err := d.key(); err != nil {
				return err
			}
		}
		if err := d.skip(depth + 1); err != nil {
			return err
		}
	}
}
