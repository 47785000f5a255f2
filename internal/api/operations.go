package api

import (
	"context"
	"slices"
	"strings"

	"github.com/musterhq/muster/internal/limits"
)

// operations is everything that the GameLift API has, by name: the rows of
// offered, and what is not.
var operations = tabulate()

// offered returns a row for each operation that muster offers: its name, its
// handler, and the exceptions it can answer besides InvalidRequest and
// InternalService, which all can. A handler's other refusals become
// InvalidRequest.
//
// Source: GameLift service API, Errors of each operation.
func offered() []*operation {
	return []*operation{
		op("CreateFleet", (*visit).createFleet, conflict, limitExceeded, notFound, notReady, taggingFailed, unauthorized, unsupportedRegion),
		op("DeleteFleet", (*visit).deleteFleet, fleetStatus, notFound, taggingFailed, unauthorized),
		op("ListFleets", (*visit).listFleets, notFound, unauthorized),
		op("DescribeFleetAttributes", (*visit).describeFleetAttributes, notFound, unauthorized),
		op("UpdateFleetAttributes", (*visit).updateFleetAttributes, conflict, fleetStatus, limitExceeded, notFound, unauthorized),
		op("DescribeFleetLocationAttributes", (*visit).describeFleetLocationAttributes, notFound, unauthorized, unsupportedRegion),
		op("CreateFleetLocations", (*visit).createFleetLocations, conflict, fleetStatus, limitExceeded, notFound, notReady, unauthorized, unsupportedRegion),
		op("DeleteFleetLocations", (*visit).deleteFleetLocations, notFound, unauthorized, unsupportedRegion),
		op("DescribeFleetEvents", (*visit).describeFleetEvents, notFound, unauthorized, unsupportedRegion),
		op("DescribeFleetUtilization", (*visit).describeFleetUtilization, notFound, unauthorized),
		op("DescribeFleetLocationUtilization", (*visit).describeFleetLocationUtilization, notFound, unauthorized, unsupportedRegion),
		op("DescribeFleetCapacity", (*visit).describeFleetCapacity, notFound, unauthorized, unsupportedRegion),
		op("DescribeFleetLocationCapacity", (*visit).describeFleetLocationCapacity, notFound, unauthorized, unsupportedRegion),

		op("CreateLocation", (*visit).createLocation, conflict, limitExceeded, taggingFailed, unauthorized),
		op("DeleteLocation", (*visit).deleteLocation, notFound, unauthorized),
		op("ListLocations", (*visit).listLocations, unauthorized),

		op("CreateAlias", (*visit).createAlias, conflict, limitExceeded, taggingFailed, unauthorized),
		op("DescribeAlias", (*visit).describeAlias, notFound, unauthorized),
		op("UpdateAlias", (*visit).updateAlias, notFound, unauthorized),
		op("DeleteAlias", (*visit).deleteAlias, notFound, taggingFailed, unauthorized),
		op("ListAliases", (*visit).listAliases, unauthorized),
		op("ResolveAlias", (*visit).resolveAlias, notFound, terminalRouting, unauthorized),

		op("RegisterCompute", (*visit).registerCompute, conflict, limitExceeded, notReady, unauthorized),
		op("DeregisterCompute", (*visit).deregisterCompute, notFound, unauthorized),
		op("DescribeCompute", (*visit).describeCompute, notFound, unauthorized, unsupportedRegion),
		op("ListCompute", (*visit).listCompute, unauthorized, unsupportedRegion),
		op("GetComputeAuthToken", (*visit).getComputeAuthToken, notFound, unauthorized, unsupportedRegion),

		op("CreateGameSession", (*visit).createGameSession, conflict, fleetCapacity, fleetStatus, limitExceeded, notFound, terminalRouting, tokenMismatch, unauthorized, unsupportedRegion),
		op("DescribeGameSessions", (*visit).describeGameSessions, notFound, terminalRouting, unauthorized, unsupportedRegion),
		op("DescribeGameSessionDetails", (*visit).describeGameSessionDetails, notFound, terminalRouting, unauthorized, unsupportedRegion),
		op("SearchGameSessions", (*visit).searchGameSessions, notFound, terminalRouting, unauthorized, unsupportedRegion),
		op("UpdateGameSession", (*visit).updateGameSession, conflict, notFound, notReady, sessionStatus, unauthorized),
		op("TerminateGameSession", (*visit).terminateGameSession, notFound, notReady, sessionStatus, unauthorized),

		op("CreatePlayerSession", (*visit).createPlayerSession, notFound, sessionFull, sessionStatus, terminalRouting, unauthorized),
		op("CreatePlayerSessions", (*visit).createPlayerSessions, notFound, sessionFull, sessionStatus, terminalRouting, unauthorized),
		op("DescribePlayerSessions", (*visit).describePlayerSessions, notFound, unauthorized),

		op("TagResource", (*visit).tagResource, notFound, taggingFailed, unsupportedRegion),
		op("UntagResource", (*visit).untagResource, notFound, taggingFailed, unsupportedRegion),
		op("ListTagsForResource", (*visit).listTagsForResource, notFound, taggingFailed, unsupportedRegion),
	}
}

// notOffered are the names of all other operations, which answer
// InvalidRequest.
func notOffered() []string {
	return []string{
		// Queues and placement.
		"CreateGameSessionQueue", "DeleteGameSessionQueue", "DescribeGameSessionPlacement", "DescribeGameSessionQueues",
		"StartGameSessionPlacement", "StopGameSessionPlacement", "UpdateGameSessionQueue",
		// FlexMatch.
		"AcceptMatch", "CreateMatchmakingConfiguration", "CreateMatchmakingRuleSet", "DeleteMatchmakingConfiguration",
		"DeleteMatchmakingRuleSet", "DescribeMatchmaking", "DescribeMatchmakingConfigurations", "DescribeMatchmakingRuleSets",
		"StartMatchBackfill", "StartMatchmaking", "StopMatchmaking", "UpdateMatchmakingConfiguration", "ValidateMatchmakingRuleSet",
		// Processes on computes.
		"DescribeRuntimeConfiguration", "UpdateRuntimeConfiguration", "GetComputeAccess", "GetGameSessionLogUrl", "GetPlayerConnectionDetails",
		// Machines, builds and scripts of AWS.
		"CreateBuild", "CreateScript", "DeleteBuild", "DeleteScalingPolicy", "DeleteScript", "DescribeBuild", "DescribeEC2InstanceLimits",
		"DescribeFleetPortSettings", "DescribeInstances", "DescribeScalingPolicies", "DescribeScript", "GetInstanceAccess", "ListBuilds",
		"ListScripts", "PutScalingPolicy", "RequestUploadCredentials", "StartFleetActions", "StopFleetActions", "UpdateBuild",
		"UpdateFleetCapacity", "UpdateFleetPortSettings", "UpdateScript",
		// VPCs of AWS.
		"CreateVpcPeeringAuthorization", "CreateVpcPeeringConnection", "DeleteVpcPeeringAuthorization", "DeleteVpcPeeringConnection",
		"DescribeVpcPeeringAuthorizations", "DescribeVpcPeeringConnections",
		// FleetIQ.
		"ClaimGameServer", "CreateGameServerGroup", "DeleteGameServerGroup", "DeregisterGameServer", "DescribeGameServer",
		"DescribeGameServerGroup", "DescribeGameServerInstances", "ListGameServerGroups", "ListGameServers", "RegisterGameServer",
		"ResumeGameServerGroup", "SuspendGameServerGroup", "UpdateGameServer", "UpdateGameServerGroup",
		// Container fleets.
		"CreateContainerFleet", "CreateContainerGroupDefinition", "DeleteContainerFleet", "DeleteContainerGroupDefinition",
		"DescribeContainerFleet", "DescribeContainerGroupDefinition", "DescribeContainerGroupPortMappings", "DescribeFleetDeployment",
		"ListContainerFleets", "ListContainerGroupDefinitionVersions", "ListContainerGroupDefinitions", "ListFleetDeployments",
		"UpdateContainerFleet", "UpdateContainerGroupDefinition",
	}
}

// An operation is one of the GameLift API's.
type operation struct {
	name       string
	offered    bool
	exceptions []string
	run        func(v *visit, body []byte) (output any, err error)
}

// op makes an operation of its handler: it decodes the input and checks it
// against the limits of the API before the handler sees it.
func op[I, O any](name string, handle func(*visit, context.Context, *I) (*O, error), exceptions ...string) *operation {
	run := func(v *visit, body []byte) (any, error) {
		in := new(I)
		if err := v.protocol.unmarshal(body, in); err != nil {
			return nil, serialization(err.Error())
		}
		if err := limits.Check(name, in); err != nil {
			return nil, err
		}
		return handle(v, v.request.Context(), in)
	}
	return &operation{name, true, append(exceptions, invalidRequest, internalService), run}
}

func tabulate() map[string]*operation {
	table := map[string]*operation{}
	for _, o := range offered() {
		table[o.name] = o
	}
	for _, name := range notOffered() {
		err := invalid(name + " is not offered by muster: see its documentation for what is")
		table[name] = &operation{name, false, []string{invalidRequest, internalService}, func(*visit, []byte) (any, error) { return nil, err }}
	}
	return table
}

// An Operation describes one operation of the GameLift API.
type Operation struct {
	Name       string
	Offered    bool     // else it answers an InvalidRequestException that says so
	Exceptions []string // names of those it can answer, sorted
}

// Operations describes all operations of the GameLift API, sorted by name.
func Operations() []Operation {
	out := make([]Operation, 0, len(operations))
	for _, o := range operations {
		out = append(out, Operation{o.name, o.offered, slices.Sorted(slices.Values(o.exceptions))})
	}
	slices.SortFunc(out, func(a, b Operation) int { return strings.Compare(a.Name, b.Name) })
	return out
}
