package limits

// fleetOperations are the inputs around what hosts game sessions: fleets,
// aliases, computes, locations, builds, tags.
var fleetOperations = map[string]rows{
	"CreateFleet": {
		"BuildId":                buildIDOrARN,
		"Description":            upTo1024,
		"EC2InboundPermissions":  ipPermissions,
		"InstanceRoleArn":        nonEmpty,
		"Locations":              locationConfigs,
		"LogPaths":               logPaths,
		"MetricGroups":           metricGroups,
		"Name":                   need(upTo1024),
		"PeerVpcAwsAccountId":    upTo1024,
		"PeerVpcId":              upTo1024,
		"ScriptId":               scriptIDOrARN,
		"ServerLaunchParameters": launchParameters,
		"ServerLaunchPath":       launchPath,
		"Tags":                   tags,
	},
	"DeleteFleet": {
		"FleetId": need(fleetIDOrARN),
	},
	"ListFleets": {
		"BuildId":   buildIDOrARN,
		"Limit":     positive,
		"NextToken": upTo1024,
		"ScriptId":  scriptIDOrARN,
	},
	"DescribeFleetAttributes": {
		"FleetIds":  fleetIDsOrARNs,
		"Limit":     positive,
		"NextToken": upTo1024,
	},
	"UpdateFleetAttributes": {
		"Description":  upTo1024,
		"FleetId":      need(fleetIDOrARN),
		"MetricGroups": metricGroups,
		"Name":         upTo1024,
	},
	"DescribeFleetLocationAttributes": {
		"FleetId":   need(fleetIDOrARN),
		"Limit":     positive,
		"Locations": locations,
		"NextToken": upTo1024,
	},
	"CreateFleetLocations": {
		"FleetId":   need(fleetIDOrARN),
		"Locations": need(locationConfigs),
	},
	"DeleteFleetLocations": {
		"FleetId":   need(fleetIDOrARN),
		"Locations": need(locations),
	},
	"DescribeFleetEvents": {
		"FleetId":   need(fleetIDOrARN),
		"Limit":     positive,
		"NextToken": upTo1024,
	},
	"DescribeFleetUtilization": {
		"FleetIds":  fleetIDsOrARNs,
		"Limit":     positive,
		"NextToken": upTo1024,
	},
	"DescribeFleetLocationUtilization": {
		"FleetId":  need(fleetIDOrARN),
		"Location": need(location),
	},
	"DescribeFleetCapacity": {
		"FleetIds":  fleetIDsOrARNs,
		"Limit":     positive,
		"NextToken": upTo1024,
	},
	"DescribeFleetLocationCapacity": {
		"FleetId":  need(fleetIDOrARN),
		"Location": need(location),
	},
	"DescribeRuntimeConfiguration": {
		"FleetId": need(fleetIDOrARN),
	},
	"UpdateRuntimeConfiguration": {
		"FleetId":              need(fleetIDOrARN),
		"RuntimeConfiguration": need(anything),
	},
	"CreateAlias": {
		"Description":     upTo1024,
		"Name":            need(aliasName),
		"RoutingStrategy": need(anything),
		"Tags":            tags,
	},
	"DescribeAlias": {
		"AliasId": need(aliasIDOrARN),
	},
	"UpdateAlias": {
		"AliasId":     need(aliasIDOrARN),
		"Description": upTo1024,
		"Name":        aliasName,
	},
	"DeleteAlias": {
		"AliasId": need(aliasIDOrARN),
	},
	"ListAliases": {
		"Limit":     positive,
		"Name":      nonEmpty,
		"NextToken": nonEmpty,
	},
	"ResolveAlias": {
		"AliasId": need(aliasIDOrARN),
	},
	"RegisterCompute": {
		"CertificatePath": upTo1024,
		"ComputeName":     need(computeName),
		"DnsName":         dnsName,
		"FleetId":         need(fleetIDOrARN),
		"IpAddress":       ipAddress,
		"Location":        location,
	},
	"DeregisterCompute": {
		"ComputeName": need(computeNameOrARN),
		"FleetId":     need(fleetIDOrARN),
	},
	"DescribeCompute": {
		"ComputeName": need(computeNameOrARN),
		"FleetId":     need(fleetIDOrARN),
	},
	"ListCompute": {
		"ContainerGroupDefinitionName": containerGroupOrARN,
		"FleetId":                      need(fleetIDOrARN),
		"Limit":                        positive,
		"Location":                     location,
		"NextToken":                    upTo1024,
	},
	"GetComputeAuthToken": {
		"ComputeName": need(computeNameOrARN),
		"FleetId":     need(fleetIDOrARN),
	},
	"CreateLocation": {
		"LocationName": need(customLocation),
		"Tags":         tags,
	},
	"DeleteLocation": {
		"LocationName": need(customLocationOrARN),
	},
	"ListLocations": {
		"Filters":   locationFilters,
		"Limit":     listLocationsLimit,
		"NextToken": upTo1024,
	},
	"TagResource": {
		"ResourceARN": need(resourceARN),
		"Tags":        need(tags),
	},
	"UntagResource": {
		"ResourceARN": need(resourceARN),
		"TagKeys":     need(tagKeys),
	},
	"ListTagsForResource": {
		"ResourceARN": need(resourceARN),
	},
	"UpdateFleetCapacity": {
		"DesiredInstances": wholeNumber,
		"FleetId":          need(fleetIDOrARN),
		"Location":         location,
		"MaxSize":          wholeNumber,
		"MinSize":          wholeNumber,
	},
	"DescribeFleetPortSettings": {
		"FleetId":  need(fleetIDOrARN),
		"Location": location,
	},
	"UpdateFleetPortSettings": {
		"FleetId":                         need(fleetIDOrARN),
		"InboundPermissionAuthorizations": ipPermissions,
		"InboundPermissionRevocations":    ipPermissions,
	},
	"DescribeInstances": {
		"FleetId":    need(fleetIDOrARN),
		"InstanceId": instanceID,
		"Limit":      positive,
		"Location":   location,
		"NextToken":  upTo1024,
	},
	"StartFleetActions": {
		"Actions":  need(fleetActions),
		"FleetId":  need(fleetIDOrARN),
		"Location": location,
	},
	"StopFleetActions": {
		"Actions":  need(fleetActions),
		"FleetId":  need(fleetIDOrARN),
		"Location": location,
	},
	"PutScalingPolicy": {
		"EvaluationPeriods": positive,
		"FleetId":           need(fleetIDOrARN),
		"MetricName":        need(anything),
		"Name":              need(upTo1024),
	},
	"DescribeScalingPolicies": {
		"FleetId":   need(fleetIDOrARN),
		"Limit":     positive,
		"Location":  location,
		"NextToken": upTo1024,
	},
	"DeleteScalingPolicy": {
		"FleetId": need(fleetIDOrARN),
		"Name":    need(upTo1024),
	},
	"CreateBuild": {
		"Name":             upTo1024,
		"ServerSdkVersion": serverSDKVersion,
		"Tags":             tags,
		"Version":          upTo1024,
	},
	"DescribeBuild": {
		"BuildId": need(buildIDOrARN),
	},
	"ListBuilds": {
		"Limit":     positive,
		"NextToken": nonEmpty,
	},
	"UpdateBuild": {
		"BuildId": need(buildIDOrARN),
		"Name":    upTo1024,
		"Version": upTo1024,
	},
	"DeleteBuild": {
		"BuildId": need(buildIDOrARN),
	},
	"GetComputeAccess": {
		"ComputeName": need(computeNameOrARN),
		"FleetId":     need(fleetIDOrARN),
	},
}
