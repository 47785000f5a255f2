package awswire

import (
	"encoding/base64"
	"math"
	"reflect"
	"strconv"
	"time"
)

// setScalar gives v, or what a new pointer in v points to, the value of t.
func (s *shape) setScalar(t token, v reflect.Value) error {
	switch s.kind {
	case textKind:
		if t.kind == textToken {
			s.target(v).SetString(string(t.text))
			return nil
		}
	case boolKind:
		if t.kind == boolToken {
			s.target(v).SetBool(t.whole == 1)
			return nil
		}
	case integerKind:
		if t.kind == wholeToken || t.kind == floatToken {
			return s.setInteger(t, v)
		}
	case floatKind:
		if t.kind == wholeToken || t.kind == floatToken {
			return s.setFloat(t, v)
		}
	case timeKind:
		if t.kind == wholeToken || t.kind == floatToken {
			return s.setTime(t, v)
		}
	case blobKind:
		return s.setBlob(t, v)
	}
	return s.mismatch(t)
}

// target is where the value of a scalar member goes.
func (s *shape) target(v reflect.Value) reflect.Value {
	if !s.pointer {
		return v
	}
	p := reflect.New(s.typ)
	v.Set(p)
	return p.Elem()
}

func (s *shape) setInteger(t token, v reflect.Value) error {
	i := t.whole
	if t.kind == floatToken {
		if t.float != math.Trunc(t.float) {
			return &TypeError{Want: wants[s.kind], Got: "a fraction"}
		}
		if math.Abs(t.float) > 1<<53 {
			return s.outOfRange()
		}
		i = int64(t.float)
	}
	if s.bits == 32 && i != int64(int32(i)) {
		return s.outOfRange()
	}
	s.target(v).SetInt(i)
	return nil
}

func (s *shape) outOfRange() error {
	return &TypeError{Want: wants[s.kind] + " of " + strconv.Itoa(s.bits) + " bits", Got: "a number out of its range"}
}

func (t token) number() float64 {
	if t.kind == wholeToken {
		return float64(t.whole)
	}
	return t.float
}

func (s *shape) setFloat(t token, v reflect.Value) error {
	f := t.number()
	if math.IsNaN(f) || math.IsInf(f, 0) || s.bits == 32 && math.Abs(f) > math.MaxFloat32 {
		return s.outOfRange()
	}
	s.target(v).SetFloat(f)
	return nil
}

// maxSeconds is the end of the year 9999. A later time is milliseconds that
// were taken for seconds.
const maxSeconds = 253402300799

func (s *shape) setTime(t token, v reflect.Value) error {
	f := t.number()
	if !(math.Abs(f) <= maxSeconds) {
		return &TypeError{Want: wants[s.kind], Got: "a number out of its range"}
	}
	at := time.UnixMilli(int64(math.Round(f * 1e3))).UTC()
	v.Set(reflect.ValueOf(&at))
	return nil
}

// setBlob takes bytes from CBOR and base64 from JSON, which has no bytes.
func (s *shape) setBlob(t token, v reflect.Value) error {
	switch t.kind {
	case bytesToken:
		v.SetBytes(append([]byte{}, t.text...))
		return nil
	case textToken:
		b, err := base64.StdEncoding.AppendDecode([]byte{}, t.text)
		if err != nil {
			return &TypeError{Want: "a blob in base64", Got: "another string"}
		}
		v.SetBytes(b)
		return nil
	}
	return s.mismatch(t)
}
