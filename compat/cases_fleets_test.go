package compat

// Exceptions that the stories name, without their ending.
const (
	invalid       = "InvalidRequest"
	notFound      = "NotFound"
	conflict      = "Conflict"
	taggingFailed = "TaggingFailed"
	fleetStatus   = "InvalidFleetStatus"
	sessionStatus = "InvalidGameSessionStatus"
	sessionFull   = "GameSessionFull"
	noCapacity    = "FleetCapacityExceeded"
	limitExceeded = "LimitExceeded"
	terminal      = "TerminalRoutingStrategy"
	tokenMismatch = "IdempotentParameterMismatch"
)

// scene is what most stories need: a location, a fleet there and a compute.
func scene() []step {
	return []step{
		given("CreateLocation", `{"LocationName":"custom-home"}`),
		given("CreateFleet", `{"Name":"arena","ComputeType":"ANYWHERE","Locations":[{"Location":"custom-home"}]}`).
			keep("fleet", "FleetAttributes.FleetId").keep("fleetArn", "FleetAttributes.FleetArn"),
		given("RegisterCompute", `{"FleetId":"${fleet}","ComputeName":"host-1","IpAddress":"192.0.2.10","Location":"custom-home"}`),
	}
}

// tell is a story in that scene.
func tell(title string, steps ...step) story { return story{title, append(scene(), steps...)} }

var locations = story{"locations", []step{
	ask("CreateLocation", "with tags", `{"LocationName":"custom-west","Tags":[{"Key":"team","Value":"red"}]}`).
		gives(`{"Location":{"LocationName":"custom-west","LocationArn":"*"}}`).keep("west", "Location.LocationArn"),
	ask("CreateLocation", "again", `{"LocationName":"custom-west"}`).fails(conflict, "location custom-west exists already"),
	ask("CreateLocation", "another name than custom-", `{"LocationName":"home-west"}`).
		fails(invalid, "1 validation error detected: Value 'home-west' at 'locationName' failed to satisfy constraint"),
	ask("CreateLocation", "65 characters", `{"LocationName":"custom-${x58}"}`).fails(invalid, "'locationName' failed to satisfy constraint: Member must have length less than or equal to 64"),
	ask("CreateLocation", "one tag twice", `{"LocationName":"custom-twice","Tags":[{"Key":"a","Value":"1"},{"Key":"a","Value":"2"}]}`).fails(taggingFailed, "twice"),
	given("CreateLocation", `{"LocationName":"custom-east"}`),
	ask("ListLocations", "all", `{}`).gives(`{"Locations":[{"LocationName":"custom-east"},{"LocationName":"custom-west","LocationArn":"${west}"}],"NextToken":null}`),
	ask("ListLocations", "one page", `{"Limit":1}`).gives(`{"Locations":[{"LocationName":"custom-east"}],"NextToken":"*"}`).keep("next", "NextToken"),
	ask("ListLocations", "the page after it", `{"Limit":1,"NextToken":"${next}"}`).gives(`{"Locations":[{"LocationName":"custom-west"}],"NextToken":null}`),
	ask("ListLocations", "AWS's own", `{"Filters":["AWS"]}`).gives(`{"Locations":[]}`),
	ask("ListLocations", "an invented NextToken", `{"NextToken":"bm90aGluZw"}`).fails(invalid, "NextToken"),
	ask("ListLocations", "201 at a time", `{"Limit":201}`).fails(invalid, "'limit' failed to satisfy constraint: Member must have value less than or equal to 200"),
	given("CreateFleet", `{"Name":"arena","ComputeType":"ANYWHERE","Locations":[{"Location":"custom-east"}]}`),
	ask("DeleteLocation", "in use", `{"LocationName":"custom-east"}`).fails(invalid, "is in use by fleet"),
	ask("DeleteLocation", "by ARN", `{"LocationName":"${west}"}`).gives(`{}`),
	ask("DeleteLocation", "again", `{"LocationName":"custom-west"}`).fails(notFound, "location custom-west does not exist"),
}}

var fleets = tell("fleets",
	ask("CreateFleet", "with all attributes", `{"Name":"duels","Description":"one against one","ComputeType":"ANYWHERE","Locations":[{"Location":"custom-home"}],
		"AnywhereConfiguration":{"Cost":"10.5"},"NewGameSessionProtectionPolicy":"FullProtection","MetricGroups":["eu"],
		"ResourceCreationLimitPolicy":{"NewGameSessionsPerCreator":3,"PolicyPeriodInMinutes":15},
		"RuntimeConfiguration":{"GameSessionActivationTimeoutSeconds":30,"MaxConcurrentGameSessionActivations":2,
			"ServerProcesses":[{"LaunchPath":"/local/game/server","Parameters":"-port 7777","ConcurrentExecutions":2}]},
		"Tags":[{"Key":"team","Value":"red"}]}`).
		gives(`{"FleetAttributes":{"FleetId":"*","FleetArn":"*","Name":"duels","Description":"one against one","Status":"ACTIVE","ComputeType":"ANYWHERE",
			"AnywhereConfiguration":{"Cost":"10.5"},"NewGameSessionProtectionPolicy":"FullProtection","MetricGroups":["eu"],"CreationTime":"*","TerminationTime":null,
			"ResourceCreationLimitPolicy":{"NewGameSessionsPerCreator":3,"PolicyPeriodInMinutes":15}},
			"LocationStates":[{"Location":"custom-home","Status":"ACTIVE"},{"Location":"us-east-1","Status":"ACTIVE"}]}`).keep("duels", "FleetAttributes.FleetId"),
	ask("CreateFleet", "of EC2", `{"Name":"a","EC2InstanceType":"c5.large"}`).fails(invalid, "ANYWHERE"),
	ask("CreateFleet", "of a build", `{"Name":"a","ComputeType":"ANYWHERE","Locations":[{"Location":"custom-home"}],"BuildId":"build-1"}`).fails(invalid, "BuildId"),
	ask("CreateFleet", "nowhere", `{"Name":"a","ComputeType":"ANYWHERE"}`).fails(invalid, "needs at least one custom location"),
	ask("CreateFleet", "in one place twice", `{"Name":"a","ComputeType":"ANYWHERE","Locations":[{"Location":"custom-home"},{"Location":"custom-home"}]}`).fails(invalid, "named twice"),
	ask("CreateFleet", "where nothing is", `{"Name":"a","ComputeType":"ANYWHERE","Locations":[{"Location":"custom-nowhere"}]}`).fails(notFound, "location custom-nowhere does not exist"),
	ask("CreateFleet", "with a name of 1,025 characters", `{"Name":"${x1025}","ComputeType":"ANYWHERE","Locations":[{"Location":"custom-home"}]}`).fails(invalid, "'name' failed"),
	ask("CreateFleet", "at a strange cost", `{"Name":"a","ComputeType":"ANYWHERE","Locations":[{"Location":"custom-home"}],"AnywhereConfiguration":{"Cost":"cheap"}}`).
		fails(invalid, "'anywhereConfiguration.cost' failed to satisfy constraint"),
	ask("CreateFleet", "with a reserved tag", `{"Name":"a","ComputeType":"ANYWHERE","Locations":[{"Location":"custom-home"}],"Tags":[{"Key":"aws:a","Value":"1"}]}`).fails(taggingFailed, "aws:"),

	ask("ListFleets", "all", `{}`).gives(`{"FleetIds":["${fleet}","${duels}"],"NextToken":null}`),
	ask("ListFleets", "of a build", `{"BuildId":"build-1"}`).gives(`{"FleetIds":[]}`),
	ask("ListFleets", "an invented NextToken", `{"NextToken":"bm90aGluZw"}`).fails(invalid, "NextToken"),
	ask("DescribeFleetAttributes", "by id", `{"FleetIds":["${duels}"]}`).gives(`{"FleetAttributes":[{"FleetId":"${duels}","Name":"duels","Status":"ACTIVE"}]}`),
	ask("DescribeFleetAttributes", "by ARN, and one that is not there", `{"FleetIds":["${fleetArn}","fleet-none"]}`).gives(`{"FleetAttributes":[{"FleetId":"${fleet}","FleetArn":"${fleetArn}","Name":"arena"}]}`),
	ask("DescribeFleetAttributes", "no id", `{"FleetIds":["no such form"]}`).fails(invalid, "'fleetIds"),

	ask("UpdateFleetAttributes", "some of them", `{"FleetId":"${fleet}","Name":"coliseum","Description":"many","NewGameSessionProtectionPolicy":"FullProtection",
		"ResourceCreationLimitPolicy":{"NewGameSessionsPerCreator":1,"PolicyPeriodInMinutes":5},"MetricGroups":["us"],"AnywhereConfiguration":{"Cost":"2"}}`).
		gives(`{"FleetId":"${fleet}","FleetArn":"${fleetArn}"}`),
	ask("DescribeFleetAttributes", "after the update", `{"FleetIds":["${fleet}"]}`).gives(`{"FleetAttributes":[{"Name":"coliseum","Description":"many",
		"NewGameSessionProtectionPolicy":"FullProtection","ResourceCreationLimitPolicy":{"NewGameSessionsPerCreator":1,"PolicyPeriodInMinutes":5},
		"MetricGroups":["us"],"AnywhereConfiguration":{"Cost":"2"}}]}`),
	ask("UpdateFleetAttributes", "of none", `{"FleetId":"fleet-none"}`).fails(notFound, "fleet fleet-none does not exist"),
	ask("UpdateFleetAttributes", "two metric groups", `{"FleetId":"${fleet}","MetricGroups":["a","b"]}`).fails(invalid, "'metricGroups' failed"),

	ask("DescribeFleetEvents", "of a life so far", `{"FleetId":"${duels}"}`).
		gives(`{"Events":[{"EventCode":"FLEET_STATE_ACTIVE","ResourceId":"${duels}","EventTime":"*","EventId":"*","Message":"*","Count":1},{"EventCode":"FLEET_CREATED"}]}`),
	ask("DescribeFleetEvents", "of the past", `{"FleetId":"${duels}","StartTime":"2020-01-01T00:00:00Z","EndTime":"2020-01-02T00:00:00Z"}`).gives(`{"Events":[]}`),
	ask("DescribeFleetEvents", "from the end to the start", `{"FleetId":"${duels}","StartTime":"2020-01-02T00:00:00Z","EndTime":"2020-01-01T00:00:00Z"}`).fails(invalid, "EndTime is before the StartTime"),
	ask("DescribeFleetEvents", "of none", `{"FleetId":"fleet-none"}`).fails(notFound, "fleet fleet-none does not exist"),

	ask("DeleteFleet", "that is empty", `{"FleetId":"${duels}"}`).gives(`{}`),
	ask("DeleteFleet", "that is gone", `{"FleetId":"${duels}"}`).fails(notFound, "does not exist"),
	ask("DeleteFleet", "no id", `{"FleetId":"no such form"}`).fails(invalid, "'fleetId'"),
	connect("game-1", "host-1"),
	ask("DeleteFleet", "with a game server", `{"FleetId":"${fleet}"}`).gives(`{}`),
	ask("DescribeFleetAttributes", "of a fleet that waits for its game server", `{"FleetIds":["${fleet}"]}`).gives(`{"FleetAttributes":[{"Status":"DELETING"}]}`),
	ask("DeleteFleet", "while it is deleted", `{"FleetId":"${fleet}"}`).fails(fleetStatus, "in status of DELETING"),
	ask("UpdateFleetAttributes", "while it is deleted", `{"FleetId":"${fleet}","Name":"late"}`).fails(fleetStatus, "in status of DELETING"),
	ask("CreateFleetLocations", "while it is deleted", `{"FleetId":"${fleet}","Locations":[{"Location":"custom-home"}]}`).fails(fleetStatus, "in status of DELETING"),
	ask("CreateGameSession", "while the fleet is deleted", `{"FleetId":"${fleet}","MaximumPlayerSessionCount":2}`).fails(fleetStatus, "in status of DELETING"),
	ask("RegisterCompute", "while the fleet is deleted", `{"FleetId":"${fleet}","ComputeName":"late","IpAddress":"192.0.2.1"}`).fails(invalid, "in status of DELETING"),
	end("game-1"),
	ask("ListFleets", "when its game server has ended", `{}`).gives(`{"FleetIds":[]}`),
)

var places = tell("fleet locations, capacity and utilization",
	given("CreateLocation", `{"LocationName":"custom-west"}`),
	given("CreateLocation", `{"LocationName":"custom-east"}`),
	ask("CreateFleetLocations", "two", `{"FleetId":"${fleet}","Locations":[{"Location":"custom-west"},{"Location":"custom-east"}]}`).
		gives(`{"FleetId":"${fleet}","FleetArn":"${fleetArn}","LocationStates":[{"Location":"custom-west","Status":"NEW"},{"Location":"custom-east","Status":"NEW"}]}`),
	ask("CreateFleetLocations", "again", `{"FleetId":"${fleet}","Locations":[{"Location":"custom-west"}]}`).fails(conflict, "has location custom-west already"),
	ask("CreateFleetLocations", "that is not there", `{"FleetId":"${fleet}","Locations":[{"Location":"custom-nowhere"}]}`).fails(notFound, "location custom-nowhere does not exist"),
	ask("CreateFleetLocations", "in no fleet", `{"FleetId":"fleet-none","Locations":[{"Location":"custom-west"}]}`).fails(notFound, "fleet fleet-none does not exist"),
	ask("CreateFleetLocations", "the home Region", `{"FleetId":"${fleet}","Locations":[{"Location":"us-east-1"}]}`).fails(invalid, "home Region"),

	ask("DescribeFleetLocationAttributes", "in the order asked for", `{"FleetId":"${fleet}","Locations":["custom-west","custom-home","custom-nowhere"]}`).
		gives(`{"FleetId":"${fleet}","LocationAttributes":[{"LocationState":{"Location":"custom-west","Status":"ACTIVE"}},{"LocationState":{"Location":"custom-home"}}]}`),
	ask("DescribeFleetLocationAttributes", "one page", `{"FleetId":"${fleet}","Limit":2}`).
		gives(`{"LocationAttributes":[{"LocationState":{"Location":"custom-east"}},{"LocationState":{"Location":"custom-home"}}],"NextToken":"*"}`).keep("next", "NextToken"),
	ask("DescribeFleetLocationAttributes", "the page after it", `{"FleetId":"${fleet}","Limit":2,"NextToken":"${next}"}`).
		gives(`{"LocationAttributes":[{"LocationState":{"Location":"custom-west"}}],"NextToken":null}`),
	ask("DescribeFleetLocationAttributes", "of none", `{"FleetId":"fleet-none"}`).fails(notFound, "fleet fleet-none does not exist"),
	ask("DescribeFleetLocationAttributes", "no location", `{"FleetId":"${fleet}","Locations":["no such form"]}`).fails(invalid, "'locations"),

	connect("game-1", "host-1"),
	connect("game-2", "host-1"),
	given("CreateGameSession", `{"FleetId":"${fleet}","MaximumPlayerSessionCount":5}`).keep("session", "GameSession.GameSessionId"),
	activate("game-1"),
	given("CreatePlayerSession", `{"GameSessionId":"${session}","PlayerId":"alice"}`),
	ask("DescribeFleetUtilization", "of a game with one player", `{"FleetIds":["${fleet}"]}`).
		gives(`{"FleetUtilization":[{"FleetId":"${fleet}","FleetArn":"${fleetArn}","ActiveServerProcessCount":2,"ActiveGameSessionCount":1,"CurrentPlayerSessionCount":1,"MaximumPlayerSessionCount":5}]}`),
	ask("DescribeFleetUtilization", "no id", `{"FleetIds":["no such form"]}`).fails(invalid, "'fleetIds"),
	ask("DescribeFleetLocationUtilization", "where it is", `{"FleetId":"${fleet}","Location":"custom-home"}`).
		gives(`{"FleetUtilization":{"Location":"custom-home","ActiveServerProcessCount":2,"ActiveGameSessionCount":1,"CurrentPlayerSessionCount":1,"MaximumPlayerSessionCount":5}}`),
	ask("DescribeFleetLocationUtilization", "where it is not", `{"FleetId":"${fleet}","Location":"custom-west"}`).
		gives(`{"FleetUtilization":{"Location":"custom-west","ActiveServerProcessCount":0,"ActiveGameSessionCount":0,"CurrentPlayerSessionCount":0,"MaximumPlayerSessionCount":0}}`),
	ask("DescribeFleetLocationUtilization", "where the fleet is not", `{"FleetId":"${fleet}","Location":"custom-nowhere"}`).fails(notFound, "has no location custom-nowhere"),
	ask("DescribeFleetLocationUtilization", "no location", `{"FleetId":"${fleet}","Location":"no such form"}`).fails(invalid, "'location' failed"),
	ask("DescribeFleetCapacity", "of one compute", `{"FleetIds":["${fleet}"]}`).
		gives(`{"FleetCapacity":[{"FleetId":"${fleet}","InstanceCounts":{"DESIRED":1,"MINIMUM":1,"MAXIMUM":1,"PENDING":0,"ACTIVE":1,"IDLE":0,"TERMINATING":0}}]}`),
	ask("DescribeFleetCapacity", "no id", `{"FleetIds":["no such form"]}`).fails(invalid, "'fleetIds"),
	ask("DescribeFleetLocationCapacity", "where it is", `{"FleetId":"${fleet}","Location":"custom-home"}`).gives(`{"FleetCapacity":{"Location":"custom-home","InstanceCounts":{"ACTIVE":1,"IDLE":0}}}`),
	ask("DescribeFleetLocationCapacity", "of none", `{"FleetId":"fleet-none","Location":"custom-home"}`).fails(notFound, "fleet fleet-none does not exist"),
	ask("DescribeFleetLocationCapacity", "no location", `{"FleetId":"${fleet}","Location":"no such form"}`).fails(invalid, "'location' failed"),

	ask("DeleteFleetLocations", "that is empty", `{"FleetId":"${fleet}","Locations":["custom-east"]}`).
		gives(`{"FleetId":"${fleet}","FleetArn":"${fleetArn}","LocationStates":[{"Location":"custom-east","Status":"DELETING"}]}`),
	ask("DeleteFleetLocations", "that is gone", `{"FleetId":"${fleet}","Locations":["custom-east"]}`).fails(notFound, "has no location custom-east"),
	ask("DeleteFleetLocations", "all of them", `{"FleetId":"${fleet}","Locations":["custom-home","custom-west"]}`).fails(invalid, "no location left"),
)

var computes = tell("computes",
	ask("RegisterCompute", "by address", `{"FleetId":"${fleet}","ComputeName":"host-2","IpAddress":"192.0.2.2","Location":"custom-home","CertificatePath":"/etc/cert"}`).
		gives(`{"Compute":{"FleetId":"${fleet}","FleetArn":"${fleetArn}","ComputeName":"host-2","ComputeArn":"*","IpAddress":"192.0.2.2","DnsName":"192.0.2.2",
			"ComputeStatus":"ACTIVE","Location":"custom-home","CreationTime":"*","GameLiftServiceSdkEndpoint":"*"}}`).keep("host2", "Compute.ComputeArn"),
	ask("RegisterCompute", "by name, in the only location", `{"FleetId":"${fleetArn}","ComputeName":"host-3","DnsName":"game.example.com"}`).
		gives(`{"Compute":{"ComputeName":"host-3","IpAddress":"game.example.com","DnsName":"game.example.com","Location":"custom-home"}}`),
	ask("RegisterCompute", "the same again", `{"FleetId":"${fleet}","ComputeName":"host-3","DnsName":"game.example.com"}`).gives(`{"Compute":{"ComputeName":"host-3"}}`),
	ask("RegisterCompute", "elsewhere under the same name", `{"FleetId":"${fleet}","ComputeName":"host-2","IpAddress":"192.0.2.3","Location":"custom-home"}`).fails(conflict, "compute host-2 is registered"),
	ask("RegisterCompute", "without an address", `{"FleetId":"${fleet}","ComputeName":"host-4","Location":"custom-home"}`).fails(invalid, "IpAddress or a DnsName"),
	ask("RegisterCompute", "where the fleet is not", `{"FleetId":"${fleet}","ComputeName":"host-4","IpAddress":"192.0.2.4","Location":"custom-nowhere"}`).fails(invalid, "has no location"),
	ask("RegisterCompute", "in no fleet", `{"FleetId":"fleet-none","ComputeName":"host-4","IpAddress":"192.0.2.4"}`).fails(invalid, "fleet fleet-none does not exist"),
	ask("RegisterCompute", "a name with an underscore", `{"FleetId":"${fleet}","ComputeName":"host_4","IpAddress":"192.0.2.4"}`).fails(invalid, "'computeName' failed"),

	ask("DescribeCompute", "by name", `{"FleetId":"${fleet}","ComputeName":"host-2"}`).gives(`{"Compute":{"ComputeName":"host-2","ComputeArn":"${host2}","GameLiftServiceSdkEndpoint":"*"}}`),
	ask("DescribeCompute", "by ARN", `{"FleetId":"${fleet}","ComputeName":"${host2}"}`).gives(`{"Compute":{"ComputeName":"host-2"}}`),
	ask("DescribeCompute", "that is not there", `{"FleetId":"${fleet}","ComputeName":"host-9"}`).fails(notFound, "has no compute host-9"),
	ask("DescribeCompute", "no name", `{"FleetId":"${fleet}","ComputeName":"no such form"}`).fails(invalid, "'computeName' failed"),
	ask("ListCompute", "all", `{"FleetId":"${fleet}"}`).gives(`{"ComputeList":[{"ComputeName":"host-1"},{"ComputeName":"host-2"},{"ComputeName":"host-3"}],"NextToken":null}`),
	ask("ListCompute", "one page", `{"FleetId":"${fleet}","Limit":2}`).gives(`{"ComputeList":[{"ComputeName":"host-1"},{"ComputeName":"host-2"}],"NextToken":"*"}`).keep("next", "NextToken"),
	ask("ListCompute", "the page after it", `{"FleetId":"${fleet}","Limit":2,"NextToken":"${next}"}`).gives(`{"ComputeList":[{"ComputeName":"host-3"}],"NextToken":null}`),
	ask("ListCompute", "of no fleet", `{"FleetId":"fleet-none"}`).fails(invalid, "fleet fleet-none does not exist"),
	ask("ListCompute", "somebody else's NextToken", `{"FleetId":"${fleet}","Location":"custom-home","NextToken":"${next}"}`).fails(invalid, "NextToken"),
	ask("GetComputeAuthToken", "of a compute", `{"FleetId":"${fleet}","ComputeName":"host-2"}`).
		gives(`{"FleetId":"${fleet}","FleetArn":"${fleetArn}","ComputeName":"host-2","ComputeArn":"${host2}","AuthToken":"*","ExpirationTimestamp":"*"}`).keep("auth", "AuthToken"),
	ask("GetComputeAuthToken", "again", `{"FleetId":"${fleet}","ComputeName":"host-2"}`).gives(`{"AuthToken":"${auth}"}`),
	ask("GetComputeAuthToken", "of none", `{"FleetId":"${fleet}","ComputeName":"host-9"}`).fails(notFound, "has no compute host-9"),
	ask("GetComputeAuthToken", "no fleet", `{"FleetId":"no such form","ComputeName":"host-9"}`).fails(invalid, "'fleetId' failed"),
	ask("DeregisterCompute", "by ARN", `{"FleetId":"${fleet}","ComputeName":"${host2}"}`).gives(`{}`),
	ask("DeregisterCompute", "again", `{"FleetId":"${fleet}","ComputeName":"host-2"}`).fails(notFound, "has no compute host-2"),
	ask("DeregisterCompute", "no name", `{"FleetId":"${fleet}","ComputeName":"no such form"}`).fails(invalid, "'computeName' failed"),
)
