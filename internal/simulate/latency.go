package simulate

import (
	"math"
	"math/rand/v2"
)

// The regions of a made-up crowd. From each to each stands about how many
// milliseconds a packet takes there and back over the public network, and how
// large a part of the players live near it.
var regions = []struct {
	name   string
	people float64
	trip   []float64
}{
	{"us-east-1", 28, []float64{6, 65, 70, 160, 215, 115}},
	{"us-west-2", 17, []float64{65, 6, 130, 100, 165, 175}},
	{"eu-west-1", 28, []float64{70, 130, 6, 205, 175, 180}},
	{"ap-northeast-1", 12, []float64{160, 100, 205, 6, 70, 260}},
	{"ap-southeast-1", 10, []float64{215, 165, 175, 70, 6, 320}},
	{"sa-east-1", 5, []float64{115, 175, 180, 260, 320, 6}},
}

// home is the index of the region that a party lives near.
type home int

func homeOf(r *rand.Rand) home {
	weights := make([]float64, len(regions))
	for i := range regions {
		weights[i] = regions[i].people
	}
	return home(pick(r, weights))
}

// latency measures every region from a player's own line: half of the lines
// take 18 ms to the exchange, one in twenty more than 45.
func (h home) latency(r *rand.Rand) map[string]int {
	line := 18 * math.Exp(0.55*r.NormFloat64())
	to := make(map[string]int, len(regions))
	for i, region := range regions {
		to[region.name] = max(1, int(math.Round(line+regions[h].trip[i]*(0.95+0.1*r.Float64()))))
	}
	return to
}
