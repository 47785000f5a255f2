package limits

// structures are the shapes inside of inputs, by their name in the SDK.
var structures = map[string]rows{
	"AnywhereConfiguration": {
		"Cost": need(anywhereCost),
	},
	"AttributeValue": {
		"S":   playerAttribute,
		"SDM": playerAttributeMap,
		"SL":  playerAttributeList,
	},
	"CertificateConfiguration": {
		"CertificateType": need(anything),
	},
	"DesiredPlayerSession": {
		"PlayerData": playerData,
		"PlayerId":   playerID,
	},
	"FilterConfiguration": {
		"AllowedLocations": locations,
	},
	"GameProperty": {
		"Key":   need(gamePropertyKey),
		"Value": need(gamePropertyValue),
	},
	"GameSessionQueueDestination": {
		"DestinationArn": arn,
	},
	"IpPermission": {
		"FromPort": need(port),
		"IpRange":  need(ipRange),
		"Protocol": need(anything),
		"ToPort":   need(port),
	},
	"LocationConfiguration": {
		"Location": need(location),
	},
	"ManagedCapacityConfiguration": {
		"ScaleInAfterInactivityMinutes": scaleInMinutes,
	},
	"Player": {
		"LatencyInMs":      latencies,
		"PlayerAttributes": playerAttributes,
		"PlayerId":         playerID,
		"Team":             upTo1024,
	},
	"PlayerLatency": {
		"PlayerId":         playerID,
		"RegionIdentifier": upTo1024,
	},
	"PlayerLatencyPolicy": {
		"MaximumIndividualPlayerLatencyMilliseconds": wholeNumber,
		"PolicyDurationSeconds":                      wholeNumber,
	},
	"PriorityConfiguration": {
		"LocationOrder": locations,
		"PriorityOrder": priorityOrder,
	},
	"PriorityConfigurationOverride": {
		"LocationOrder": need(locationOverride),
	},
	"ResourceCreationLimitPolicy": {
		"NewGameSessionsPerCreator": wholeNumber,
		"PolicyPeriodInMinutes":     wholeNumber,
	},
	"RoutingStrategy": {
		"FleetId": fleetID,
	},
	"RuntimeConfiguration": {
		"GameSessionActivationTimeoutSeconds": activationTimeout,
		"MaxConcurrentGameSessionActivations": maxActivations,
		"ServerProcesses":                     serverProcesses,
	},
	"S3Location": {
		"Bucket":        nonEmpty,
		"Key":           nonEmpty,
		"ObjectVersion": nonEmpty,
		"RoleArn":       nonEmpty,
	},
	"ServerProcess": {
		"ConcurrentExecutions": need(positive),
		"LaunchPath":           need(launchPath),
		"Parameters":           launchParameters,
	},
	"Tag": {
		"Key":   need(tagKey),
		"Value": need(tagValue),
	},
	"TargetConfiguration": {
		"TargetValue": need(anything),
	},
}
