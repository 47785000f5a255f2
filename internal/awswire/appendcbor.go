package awswire

import (
	"encoding/binary"
	"math"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"
)

// The major types of CBOR, and the initial bytes of what is neither a number
// nor has a length. Source: RFC 8949, section 3.
const (
	majorUint = iota
	majorNegative
	majorBytes
	majorText
	majorList
	majorMap
	majorTag
	majorSimple

	cborFalse   = 0xf4
	cborTrue    = 0xf5
	cborFloat32 = 0xfa
	cborFloat64 = 0xfb

	tagEpoch = 1
)

func (s *shape) appendCBOR(b []byte, v reflect.Value) []byte {
	if s.pointer && v.Kind() == reflect.Pointer {
		if s.kind == timeKind {
			return appendCBORTime(b, v.Interface().(*time.Time))
		}
		v = v.Elem()
	}
	switch s.kind {
	case structureKind:
		return s.appendCBORStructure(b, v)
	case listKind:
		b = appendHead(b, majorList, uint64(v.Len()))
		for i := range v.Len() {
			b = s.elem.appendCBOR(b, v.Index(i))
		}
		return b
	case mapKind:
		b = appendHead(b, majorMap, uint64(v.Len()))
		for _, key := range sortedKeys(v) {
			b = s.elem.appendCBOR(appendCBORText(b, key.String()), v.MapIndex(key))
		}
		return b
	case textKind:
		return appendCBORText(b, v.String())
	case boolKind:
		if v.Bool() {
			return append(b, cborTrue)
		}
		return append(b, cborFalse)
	case integerKind:
		return appendCBORInt(b, v.Int())
	case floatKind:
		return appendCBORFloat(b, v.Float(), s.bits)
	default: // blobKind
		return append(appendHead(b, majorBytes, uint64(v.Len())), v.Bytes()...)
	}
}

// appendCBORStructure looks at each member twice, since the number of those
// that are set comes first.
func (s *shape) appendCBORStructure(b []byte, v reflect.Value) []byte {
	set := 0
	for i := range s.fields {
		if f := &s.fields[i]; !f.unset(v.Field(f.index)) {
			set++
		}
	}
	b = appendHead(b, majorMap, uint64(set))
	for i := range s.fields {
		f := &s.fields[i]
		if fv := v.Field(f.index); !f.unset(fv) {
			b = f.appendCBOR(append(b, f.cbor...), fv)
		}
	}
	return b
}

// appendHead writes a major type with its argument in the shortest form.
func appendHead(b []byte, major byte, n uint64) []byte {
	major <<= 5
	switch {
	case n < 24:
		return append(b, major|byte(n))
	case n <= math.MaxUint8:
		return append(b, major|24, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(b, major|25), uint16(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(b, major|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(b, major|27), n)
}

func appendCBORText(b []byte, s string) []byte {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, string(utf8.RuneError))
	}
	return append(appendHead(b, majorText, uint64(len(s))), s...)
}

func appendCBORInt(b []byte, i int64) []byte {
	if i < 0 {
		return appendHead(b, majorNegative, uint64(^i))
	}
	return appendHead(b, majorUint, uint64(i))
}

func appendCBORFloat(b []byte, f float64, bits int) []byte {
	if bits == 32 {
		return binary.BigEndian.AppendUint32(append(b, cborFloat32), math.Float32bits(float32(f)))
	}
	return binary.BigEndian.AppendUint64(append(b, cborFloat64), math.Float64bits(f))
}

// appendCBORTime writes a float of seconds that gives the right millisecond
// also to a reader that multiplies by 1000 and drops the fraction, as the Go
// SDK does: the nearest float may lie just below.
func appendCBORTime(b []byte, t *time.Time) []byte {
	ms := t.UnixMilli()
	f := float64(ms) / 1e3
	if trunc := int64(f * 1e3); trunc < ms {
		f = math.Nextafter(f, math.Inf(1))
	} else if trunc > ms {
		f = math.Nextafter(f, math.Inf(-1))
	}
	return appendCBORFloat(appendHead(b, majorTag, tagEpoch), f, 64)
}
