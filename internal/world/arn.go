package world

import "strings"

// arn writes an ARN. Only some types of resource carry the account.
// Source: GameLift API reference and the outputs of its clients.
func (s Settings) arn(account, resource string) string {
	return "arn:aws:gamelift:" + s.Region + ":" + account + ":" + resource
}

// LocationARN returns the ARN of a custom location.
func (s Settings) LocationARN(name string) string { return s.arn(s.Account, "location/"+name) }

// FleetARN returns the ARN of a fleet.
func (s Settings) FleetARN(id string) string { return s.arn(s.Account, "fleet/"+id) }

// AliasARN returns the ARN of an alias.
func (s Settings) AliasARN(id string) string { return s.arn("", "alias/"+id) }

// ComputeARN returns the ARN of a compute.
func (s Settings) ComputeARN(name string) string { return s.arn("", "compute/"+name) }

// SessionID returns the ARN of a game session as muster writes it, from one
// with any Region and account, or from what follows "gamesession/" in it.
func (s Settings) SessionID(arn string) string {
	return s.arn("", "gamesession/"+resourceName("gamesession", arn))
}

// resourceName takes a name, an id or an ARN and returns what follows the
// ARN's type: a resource is recognised in any Region and account.
func resourceName(kind, nameOrARN string) string {
	if _, name, ok := strings.Cut(nameOrARN, ":"+kind+"/"); ok {
		return name
	}
	return nameOrARN
}
