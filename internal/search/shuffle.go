package search

// shuffle is an order that looks random and is the same for the same seed: on
// every machine, after every restart, whatever else comes and goes.
//
// The hash of an ID puts a session into one of a few thousand buckets. The seed
// chooses the order of the buckets, and within each the order of its sessions.
// So every order is as good as any other, and yet the first few sessions are
// found by looking into the first few buckets only.
type shuffle struct{ seed uint64 }

const (
	bucketBits = 12
	buckets    = 1 << bucketBits
	halfBits   = bucketBits / 2
	halfMask   = 1<<halfBits - 1
	rounds     = 4
	bucketCost = 16 // finding a bucket, in sessions looked at
)

// number returns where a session stands in the order.
func (s shuffle) number(hash uint64) int64 {
	turn := uint64(s.turn(bucketOf(hash)))
	return int64(turn<<(63-bucketBits) | mix(hash^mix(s.seed))>>(bucketBits+1))
}

// turnOf returns the turn that a number belongs to.
func turnOf(number int64) int { return int(number >> (63 - bucketBits)) }

func bucketOf(hash uint64) uint32 { return uint32(hash >> (64 - bucketBits)) }

// turn returns when it is the bucket's turn: a Feistel network, which maps the
// buckets one to one for any seed.
func (s shuffle) turn(bucket uint32) uint32 {
	left, right := bucket>>halfBits, bucket&halfMask
	for round := range uint64(rounds) {
		left, right = right, left^s.scramble(right, round)
	}
	return left<<halfBits | right
}

// bucket returns whose turn it is: the inverse of turn.
func (s shuffle) bucket(turn uint32) uint32 {
	left, right := turn>>halfBits, turn&halfMask
	for round := range uint64(rounds) {
		left, right = right^s.scramble(left, rounds-1-round), left
	}
	return left<<halfBits | right
}

func (s shuffle) scramble(half uint32, round uint64) uint32 {
	return uint32(mix(s.seed+uint64(half)<<8+round)) & halfMask
}

// hash is FNV-1a, mixed once more because its high bits depend little on the
// last bytes.
func hash(text string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * 1099511628211
	}
	return mix(h)
}

// mix spreads every bit over all others, one to one (the finalizer of
// SplitMix64).
func mix(h uint64) uint64 {
	h += 0x9e3779b97f4a7c15
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// shuffled is the order of a seed.
func (x *Index) shuffled(seed uint64) *order {
	s := shuffle{seed}
	return &order{
		index: x,
		place: func(slot uint32) place { return place{number: s.number(x.hashes[slot]), id: x.rows[slot].id} },
		walk:  func(p *page) bool { return p.walkBuckets(s) },
	}
}

// walkBuckets looks for hits bucket by bucket. With few sessions most buckets
// are empty, and ranking all hits is the shorter way.
func (p *page) walkBuckets(s shuffle) bool {
	x := p.order.index
	if x.Len() < buckets {
		return false
	}
	turn := 0
	if p.after != nil {
		turn = turnOf(p.after.number)
	}
	for ; turn < buckets && !p.isFull(); turn++ {
		if p.budget < 0 {
			return false
		}
		p.takeBucket(s.bucket(uint32(turn)))
	}
	return true
}

func (p *page) takeBucket(bucket uint32) {
	x := p.order.index
	first := x.byHash.find(func(slot uint32) bool { return bucketOf(x.hashes[slot]) < bucket })
	last := x.byHash.find(func(slot uint32) bool { return bucketOf(x.hashes[slot]) <= bucket })
	best := newTop(p.order, p.after, p.missing())
	for run := range x.byHash.between(first, last) {
		p.budget -= len(run)
		for _, slot := range run {
			if p.hits.has(slot) {
				best.offer(slot)
			}
		}
	}
	p.budget -= bucketCost
	p.found = best.appendSlots(p.found)
}
