package sdkwire

// ActivateServerProcessRequest says that the process can host a session.
type ActivateServerProcessRequest struct {
	Header
	SDKVersion     string `json:"SdkVersion"`
	SDKLanguage    string `json:"SdkLanguage"` // Go, Cpp or CSharp
	SDKToolName    string `json:"SdkToolName,omitempty"`
	SDKToolVersion string `json:"SdkToolVersion,omitempty"`
	Port           int
	LogPaths       []string
}

// HeartbeatServerProcessRequest reports the process's health. Go SDKs up to
// 5.1.0 leave a false out.
type HeartbeatServerProcessRequest struct {
	Header
	HealthStatus bool
}

// ActivateGameSessionRequest says that the game session takes players.
type ActivateGameSessionRequest struct {
	Header
	GameSessionID string `json:"GameSessionId"`
}

// AcceptPlayerSessionRequest says that a player with a reservation has come.
type AcceptPlayerSessionRequest struct {
	Header
	GameSessionID   string `json:"GameSessionId"`
	PlayerSessionID string `json:"PlayerSessionId"`
}

// RemovePlayerSessionRequest says that a player has left.
type RemovePlayerSessionRequest struct {
	Header
	GameSessionID   string `json:"GameSessionId"`
	PlayerSessionID string `json:"PlayerSessionId"`
}

// The policies of UpdatePlayerSessionCreationPolicyRequest.
const (
	AcceptAll = "ACCEPT_ALL"
	DenyAll   = "DENY_ALL"
)

// UpdatePlayerSessionCreationPolicyRequest opens or closes the game session
// for new players.
type UpdatePlayerSessionCreationPolicyRequest struct {
	Header
	GameSessionID       string `json:"GameSessionId"`
	PlayerSessionPolicy string // [AcceptAll] or [DenyAll]
	// OldPolicy is where Go SDK 5.0.0 puts the policy. Decoding moves it.
	OldPolicy string `json:"PlayerSessionCreationPolicy,omitempty"`
}

func (r *UpdatePlayerSessionCreationPolicyRequest) normalize() {
	if r.PlayerSessionPolicy == "" {
		r.PlayerSessionPolicy = r.OldPolicy
	}
	r.OldPolicy = ""
}

// DescribePlayerSessionsRequest asks for player sessions, by exactly one of
// the three ids.
type DescribePlayerSessionsRequest struct {
	Header
	GameSessionID             string `json:"GameSessionId,omitempty"`
	PlayerSessionID           string `json:"PlayerSessionId,omitempty"`
	PlayerID                  string `json:"PlayerId,omitempty"`
	PlayerSessionStatusFilter string `json:",omitempty"` // RESERVED, ACTIVE, COMPLETED or TIMEDOUT
	Limit                     int    `json:",omitempty"` // zero leaves it to the service
	NextToken                 string `json:",omitempty"`
}

// StartMatchBackfillRequest asks for players for open slots.
type StartMatchBackfillRequest struct {
	Header
	GameSessionARN              string `json:"GameSessionArn"`
	MatchmakingConfigurationARN string `json:"MatchmakingConfigurationArn"`
	TicketID                    string `json:"TicketId,omitempty"` // empty lets the service choose
	Players                     []Player
}

// Player is somebody already in the session that asks for backfill.
type Player struct {
	PlayerID         string                    `json:"PlayerId"`
	Team             string                    `json:",omitempty"`
	PlayerAttributes map[string]AttributeValue `json:",omitempty"`
	// Latency is in milliseconds, by region. C# spells the key LatencyInMS.
	Latency map[string]int `json:"LatencyInMs,omitempty"`
}

// AttributeValue is one value of a player's attribute. AttrType says which of
// the others counts; C# sends all of them and spells the key attrType.
type AttributeValue struct {
	AttrType string             // STRING, DOUBLE, STRING_LIST or STRING_DOUBLE_MAP
	S        string             `json:",omitempty"`
	N        float64            `json:",omitempty"`
	SL       []string           `json:",omitempty"`
	SDM      map[string]float64 `json:",omitempty"`
}

// StopMatchBackfillRequest takes a backfill request back.
type StopMatchBackfillRequest struct {
	Header
	GameSessionARN              string `json:"GameSessionArn"`
	MatchmakingConfigurationARN string `json:"MatchmakingConfigurationArn"`
	TicketID                    string `json:"TicketId"`
}

// GetComputeCertificateRequest asks for the compute's TLS certificate.
type GetComputeCertificateRequest struct{ Header }

// GetFleetRoleCredentialsRequest asks for credentials of the fleet's role.
type GetFleetRoleCredentialsRequest struct {
	Header
	RoleARN         string `json:"RoleArn"`
	RoleSessionName string
	// OldRoleARN is where Go SDK 5.0.0 puts the ARN. Decoding moves it.
	OldRoleARN string `json:"RoleArnm,omitempty"`
}

func (r *GetFleetRoleCredentialsRequest) normalize() {
	if r.RoleARN == "" {
		r.RoleARN = r.OldRoleARN
	}
	r.OldRoleARN = ""
}

// TerminateServerProcessRequest says that the process ends.
type TerminateServerProcessRequest struct{ Header }

func (*ActivateServerProcessRequest) action() Action  { return ActivateServerProcessAction }
func (*HeartbeatServerProcessRequest) action() Action { return HeartbeatServerProcessAction }
func (*ActivateGameSessionRequest) action() Action    { return ActivateGameSessionAction }
func (*AcceptPlayerSessionRequest) action() Action    { return AcceptPlayerSessionAction }
func (*RemovePlayerSessionRequest) action() Action    { return RemovePlayerSessionAction }
func (*UpdatePlayerSessionCreationPolicyRequest) action() Action {
	return UpdatePlayerSessionCreationPolicyAction
}
func (*DescribePlayerSessionsRequest) action() Action  { return DescribePlayerSessionsAction }
func (*StartMatchBackfillRequest) action() Action      { return StartMatchBackfillAction }
func (*StopMatchBackfillRequest) action() Action       { return StopMatchBackfillAction }
func (*GetComputeCertificateRequest) action() Action   { return GetComputeCertificateAction }
func (*GetFleetRoleCredentialsRequest) action() Action { return GetFleetRoleCredentialsAction }
func (*TerminateServerProcessRequest) action() Action  { return TerminateServerProcessAction }
