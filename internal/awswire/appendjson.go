package awswire

import (
	"encoding/base64"
	"math"
	"reflect"
	"strconv"
	"time"
	"unicode/utf8"
)

func (s *shape) appendJSON(b []byte, v reflect.Value) []byte {
	if s.pointer && v.Kind() == reflect.Pointer {
		if s.kind == timeKind {
			return appendJSONTime(b, v.Interface().(*time.Time))
		}
		v = v.Elem()
	}
	switch s.kind {
	case structureKind:
		return s.appendJSONStructure(b, v)
	case listKind:
		return s.appendJSONList(b, v)
	case mapKind:
		return s.appendJSONMap(b, v)
	case textKind:
		return appendJSONText(b, v.String())
	case boolKind:
		return strconv.AppendBool(b, v.Bool())
	case integerKind:
		return strconv.AppendInt(b, v.Int(), 10)
	case floatKind:
		return appendJSONFloat(b, v.Float(), s.bits)
	default: // blobKind
		b = append(b, '"')
		b = base64.StdEncoding.AppendEncode(b, v.Bytes())
		return append(b, '"')
	}
}

func (s *shape) appendJSONStructure(b []byte, v reflect.Value) []byte {
	b = append(b, '{')
	for i := range s.fields {
		f := &s.fields[i]
		fv := v.Field(f.index)
		if f.unset(fv) {
			continue
		}
		b = append(b, f.json...)
		b = append(f.appendJSON(b, fv), ',')
	}
	return closeJSON(b, '}')
}

func (s *shape) appendJSONList(b []byte, v reflect.Value) []byte {
	b = append(b, '[')
	for i := range v.Len() {
		b = append(s.elem.appendJSON(b, v.Index(i)), ',')
	}
	return closeJSON(b, ']')
}

func (s *shape) appendJSONMap(b []byte, v reflect.Value) []byte {
	b = append(b, '{')
	for _, key := range sortedKeys(v) {
		b = append(appendJSONText(b, key.String()), ':')
		b = append(s.elem.appendJSON(b, v.MapIndex(key)), ',')
	}
	return closeJSON(b, '}')
}

// closeJSON ends a list or a structure, in place of the comma after its last
// element if it has one.
func closeJSON(b []byte, end byte) []byte {
	if b[len(b)-1] == ',' {
		b[len(b)-1] = end
		return b
	}
	return append(b, end)
}

// appendJSONTime writes seconds, with the milliseconds as decimals if there
// are any. It does so in integers, to be exact.
func appendJSONTime(b []byte, t *time.Time) []byte {
	ms := t.UnixMilli()
	if ms < 0 {
		b, ms = append(b, '-'), -ms
	}
	b = strconv.AppendInt(b, ms/1000, 10)
	if ms %= 1000; ms == 0 {
		return b
	}
	b = append(b, '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10))
	for b[len(b)-1] == '0' {
		b = b[:len(b)-1]
	}
	return b
}

// appendJSONFloat writes what has no JSON number as the strings that Smithy
// gives it.
func appendJSONFloat(b []byte, f float64, bits int) []byte {
	abs := math.Abs(f)
	switch {
	case math.IsNaN(f):
		return append(b, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(b, `"Infinity"`...)
	case math.IsInf(f, -1):
		return append(b, `"-Infinity"`...)
	case abs != 0 && (abs < 1e-6 || abs >= 1e21):
		return strconv.AppendFloat(b, f, 'e', -1, bits)
	}
	return strconv.AppendFloat(b, f, 'f', -1, bits)
}

func appendJSONText(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			b = appendEscape(append(b, s[start:i]...), c)
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			b = utf8.AppendRune(append(b, s[start:i]...), r)
			start = i + 1
		}
		i += size
	}
	return append(append(b, s[start:]...), '"')
}

const hexDigits = "0123456789abcdef"

func appendEscape(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	}
	return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}
