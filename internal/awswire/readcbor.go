package awswire

import (
	"math"
	"unicode/utf8"
)

// A cborReader reads one CBOR document. Source: RFC 8949.
type cborReader struct {
	data    []byte
	pos     int
	open    []int  // what is still to come of each open list and map, indefinite if not told
	room    [6]int // for open, since most documents nest no deeper
	scratch []byte // holds strings that came in chunks
}

// A head is the start of a data item: its major type, the low five bits of the
// initial byte, and the argument.
type head struct {
	major, info byte
	arg         uint64
}

const (
	infoIndefinite = 31
	indefinite     = -1
	breakByte      = 0xff
)

func (r *cborReader) fail(reason string) error {
	return &SyntaxError{Offset: r.pos, Reason: reason}
}

func (r *cborReader) remaining() uint64 { return uint64(len(r.data) - r.pos) }

func (r *cborReader) head() (head, error) {
	if r.remaining() == 0 {
		return head{}, r.fail("unexpected end")
	}
	c := r.data[r.pos]
	h := head{major: c >> 5, info: c & 31}
	switch {
	case h.info < 24:
		h.arg = uint64(h.info)
		r.pos++
		return h, nil
	case h.info == infoIndefinite:
		r.pos++
		return h, nil
	case h.info > 27:
		return head{}, r.fail("a reserved length")
	}
	size := 1 << (h.info - 24)
	if r.remaining() <= uint64(size) {
		r.pos = len(r.data)
		return head{}, r.fail("unexpected end")
	}
	for _, c := range r.data[r.pos+1 : r.pos+1+size] {
		h.arg = h.arg<<8 | uint64(c)
	}
	r.pos += 1 + size
	return h, nil
}

func (r *cborReader) next() (token, error) {
	h, err := r.head()
	for err == nil && h.major == majorTag && h.info != infoIndefinite {
		h, err = r.head()
	}
	if err != nil {
		return token{}, err
	}
	if h.info == infoIndefinite && (h.major == majorUint || h.major == majorNegative || h.major == majorTag) {
		return token{}, r.fail("an indefinite number")
	}
	switch h.major {
	case majorUint, majorNegative:
		return h.integer(), nil
	case majorBytes, majorText:
		return r.text(h)
	case majorList:
		return r.container(listToken, h, 1)
	case majorMap:
		return r.container(mapToken, h, 2)
	}
	return r.simple(h)
}

// integer gives numbers beyond 64 bits with a sign as floats, which no integer
// takes.
func (h head) integer() token {
	switch {
	case h.major == majorUint && h.arg > math.MaxInt64:
		return token{kind: floatToken, float: float64(h.arg)}
	case h.major == majorUint:
		return token{kind: wholeToken, whole: int64(h.arg)}
	case h.arg > math.MaxInt64:
		return token{kind: floatToken, float: -1 - float64(h.arg)}
	}
	return token{kind: wholeToken, whole: ^int64(h.arg)}
}

func (r *cborReader) text(h head) (token, error) {
	t := token{kind: bytesToken}
	if h.major == majorText {
		t.kind = textToken
	}
	var err error
	if h.info != infoIndefinite {
		t.text, err = r.chunk(h)
		return t, err
	}
	out := r.scratch[:0]
	for {
		part, err := r.head()
		if err != nil {
			return token{}, err
		}
		if part.major == majorSimple && part.info == infoIndefinite {
			r.scratch, t.text = out, out
			return t, nil
		}
		if part.major != h.major || part.info == infoIndefinite {
			return token{}, r.fail("a chunk of another type")
		}
		chunk, err := r.chunk(part)
		if err != nil {
			return token{}, err
		}
		out = append(out, chunk...)
	}
}

func (r *cborReader) chunk(h head) ([]byte, error) {
	if h.arg > r.remaining() {
		r.pos = len(r.data)
		return nil, r.fail("unexpected end")
	}
	chunk := r.data[r.pos : r.pos+int(h.arg)]
	if h.major == majorText && !utf8.Valid(chunk) {
		return nil, r.fail("text that is not UTF-8")
	}
	r.pos += len(chunk)
	return chunk, nil
}

// container refuses a count that the rest of the document cannot hold before
// anybody makes room for it.
func (r *cborReader) container(kind tokenKind, h head, itemsPerElement uint64) (token, error) {
	if h.info == infoIndefinite {
		r.open = append(r.open, indefinite)
		return token{kind: kind}, nil
	}
	if h.arg > r.remaining()/itemsPerElement {
		r.pos = len(r.data)
		return token{}, r.fail("unexpected end")
	}
	r.open = append(r.open, int(h.arg))
	return token{kind: kind, count: int(h.arg)}, nil
}

func (r *cborReader) simple(h head) (token, error) {
	switch h.info {
	case 20, 21:
		return token{kind: boolToken, whole: int64(h.info - 20)}, nil
	case 22, 23: // null and undefined
		return token{kind: nullToken}, nil
	case 25:
		return token{kind: floatToken, float: halfFloat(uint16(h.arg))}, nil
	case 26:
		return token{kind: floatToken, float: float64(math.Float32frombits(uint32(h.arg)))}, nil
	case 27:
		return token{kind: floatToken, float: math.Float64frombits(h.arg)}, nil
	case 24:
		if h.arg < 32 {
			return token{}, r.fail("a simple value in a reserved form")
		}
	case infoIndefinite:
		return token{}, r.fail("a break outside of a list or map")
	}
	return token{kind: otherToken}, nil
}

// halfFloat reads the ten bits of fraction, five of exponent and one of sign.
// Source: RFC 8949, appendix D.
func halfFloat(h uint16) float64 {
	exp, frac := int(h>>10&31), float64(h&1023)
	var f float64
	switch {
	case exp == 0:
		f = math.Ldexp(frac, -24)
	case exp < 31:
		f = math.Ldexp(frac+1024, exp-25)
	case frac == 0:
		f = math.Inf(1)
	default:
		f = math.NaN()
	}
	if h>>15 == 1 {
		return -f
	}
	return f
}

func (r *cborReader) more(tokenKind) (bool, error) {
	top := len(r.open) - 1
	switch {
	case r.open[top] > 0:
		r.open[top]--
		return true, nil
	case r.open[top] == 0:
		r.open = r.open[:top]
		return false, nil
	case r.remaining() == 0:
		return false, r.fail("unexpected end")
	case r.data[r.pos] == breakByte:
		r.pos++
		r.open = r.open[:top]
		return false, nil
	}
	return true, nil
}

// key wants text, since no other key occurs in the protocol.
func (r *cborReader) key() ([]byte, error) {
	at := r.pos
	t, err := r.next()
	if err == nil && t.kind != textToken {
		return nil, &SyntaxError{Offset: at, Reason: "a map key that is not text"}
	}
	return t.text, err
}

func (r *cborReader) end() error {
	if r.remaining() > 0 {
		return r.fail("more than one document")
	}
	return nil
}
