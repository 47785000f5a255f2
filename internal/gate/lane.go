package gate

import "github.com/musterhq/muster/internal/sdkwire"

// Requests are decided in the order in which a client sent them wherever it
// could tell the difference: SDKs that do not wait for answers send Accept and
// Remove, or ActivateServerProcess and the heartbeat that arms the process, in
// one breath. Besides these lanes there is one for each player session.
const (
	laneProcess = "process" // what the process and its game session are
	laneBeat    = "beat"    // nobody waits for a heartbeat but the next: it takes its time
	laneRead    = "read"    // follows everything else, changes nothing
	laneEnd     = "end"     // follows everything else
)

func laneOf(r sdkwire.Request) string {
	switch r := r.(type) {
	case *sdkwire.HeartbeatServerProcessRequest:
		return laneBeat
	case *sdkwire.AcceptPlayerSessionRequest:
		return "player " + r.PlayerSessionID
	case *sdkwire.RemovePlayerSessionRequest:
		return "player " + r.PlayerSessionID
	case *sdkwire.DescribePlayerSessionsRequest, *sdkwire.GetComputeCertificateRequest, *sdkwire.GetFleetRoleCredentialsRequest:
		return laneRead
	case *sdkwire.TerminateServerProcessRequest:
		return laneEnd
	}
	return laneProcess
}

// follows says whether a request in lane must wait for an earlier one in other.
func follows(lane, other string) bool {
	switch {
	case other == laneRead || other == laneBeat && lane != laneBeat:
		return false
	case lane == laneRead || lane == laneEnd || other == laneEnd:
		return true
	}
	return lane == other || lane == laneBeat && other == laneProcess
}
