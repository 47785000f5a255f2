package sdkwire

import "time"

// Millis is a moment in milliseconds since 1970. Zero means unset.
type Millis int64

// MillisOf returns t as it goes over the wire; the zero time is unset.
func MillisOf(t time.Time) Millis {
	if t.IsZero() {
		return 0
	}
	return Millis(t.UnixMilli())
}

// Time returns the moment in UTC, or the zero time if unset.
func (m Millis) Time() time.Time {
	if m == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(m)).UTC()
}

// DescribePlayerSessionsAnswer is one page of player sessions.
type DescribePlayerSessionsAnswer struct {
	Status
	NextToken      string `json:",omitempty"` // absent after the last page
	PlayerSessions []PlayerSession
}

// PlayerSession is a player's place in a game session.
type PlayerSession struct {
	PlayerID        string `json:"PlayerId"`
	PlayerSessionID string `json:"PlayerSessionId"`
	GameSessionID   string `json:"GameSessionId"`
	FleetID         string `json:"FleetId"`
	PlayerData      string
	IPAddress       string `json:"IpAddress"`
	Port            int
	CreationTime    Millis `json:",omitempty"`
	TerminationTime Millis `json:",omitempty"`
	DNSName         string `json:"DnsName"`
	Status          string
}

// StartMatchBackfillAnswer names the backfill ticket.
type StartMatchBackfillAnswer struct {
	Status
	TicketID string `json:"TicketId"`
}

// GetComputeCertificateAnswer says where the compute's certificate is.
type GetComputeCertificateAnswer struct {
	Status
	CertificatePath string
	ComputeName     string
}

// GetFleetRoleCredentialsAnswer carries credentials. An empty AccessKeyID with
// a successful status says that the fleet is not a managed one.
type GetFleetRoleCredentialsAnswer struct {
	Status
	AssumedRoleUserARN string `json:"AssumedRoleUserArn"`
	AssumedRoleID      string `json:"AssumedRoleId"`
	AccessKeyID        string `json:"AccessKeyId"`
	SecretAccessKey    string
	SessionToken       string
	Expiration         Millis `json:",omitempty"`
}

// CreateGameSession starts a game session on the process.
type CreateGameSession struct {
	Status
	GameSessionID             string `json:"GameSessionId"`
	GameSessionName           string
	GameSessionData           string
	MatchmakerData            string // JSON in a string
	MaximumPlayerSessionCount int
	Port                      int
	IPAddress                 string `json:"IpAddress"`
	DNSName                   string `json:"DnsName"`
	GameProperties            map[string]string
}

// UpdateGameSession says that a game session has changed.
type UpdateGameSession struct {
	Status
	GameSession      GameSession
	UpdateReason     string
	BackfillTicketID string `json:"BackfillTicketId"`
}

// GameSession is a game session as [UpdateGameSession] tells it. What
// [CreateGameSession] calls GameSessionName is Name here.
type GameSession struct {
	GameSessionID             string `json:"GameSessionId"`
	Name                      string
	FleetID                   string `json:"FleetId"`
	Location                  string `json:",omitempty"`
	MaximumPlayerSessionCount int
	IPAddress                 string `json:"IpAddress"`
	Port                      int
	DNSName                   string `json:"DnsName"`
	GameSessionData           string
	MatchmakerData            string
	GameProperties            map[string]string
	Status                    string `json:",omitempty"`
	StatusReason              string `json:",omitempty"`
}

// TerminateProcess asks the process to end.
type TerminateProcess struct {
	Status
	TerminationTime Millis
}

// RefreshConnection asks the process to move to another endpoint.
type RefreshConnection struct {
	Status
	RefreshConnectionEndpoint string
	AuthToken                 string
}

func (*CreateGameSession) action() Action { return CreateGameSessionAction }
func (*UpdateGameSession) action() Action { return UpdateGameSessionAction }
func (*TerminateProcess) action() Action  { return TerminateProcessAction }
func (*RefreshConnection) action() Action { return RefreshConnectionAction }

// SDKs drop a frame whose GameProperties are not an object and stumble over a
// null list.

func (p *CreateGameSession) fill() { p.GameProperties = orEmpty(p.GameProperties) }

func (p *UpdateGameSession) fill() {
	p.GameSession.GameProperties = orEmpty(p.GameSession.GameProperties)
}

func (a *DescribePlayerSessionsAnswer) fill() {
	if a.PlayerSessions == nil {
		a.PlayerSessions = []PlayerSession{}
	}
}

func orEmpty(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}
