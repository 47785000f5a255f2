package compat

var gameSessions = tell("game sessions",
	ask("CreateGameSession", "without a game server", `{"FleetId":"${fleet}","MaximumPlayerSessionCount":2}`).fails(noCapacity, "no server process ready"),
	connect("game-1", "host-1"),
	connect("game-2", "host-1"),
	ask("CreateGameSession", "with everything", `{"FleetId":"${fleet}","MaximumPlayerSessionCount":4,"Name":"Dust II","CreatorId":"alice","Location":"custom-home",
		"GameProperties":[{"Key":"map","Value":"dust"},{"Key":"mode","Value":"duel"}],"GameSessionData":"{\"rounds\":3}","IdempotencyToken":"match-1"}`).
		gives(`{"GameSession":{"GameSessionId":"arn:aws:gamelift:us-east-1::gamesession/${fleet}/custom-home/match-1","Name":"Dust II","FleetId":"${fleet}","FleetArn":"${fleetArn}",
			"CreationTime":"*","TerminationTime":null,"CurrentPlayerSessionCount":0,"MaximumPlayerSessionCount":4,"Status":"ACTIVATING","StatusReason":null,
			"GameProperties":[{"Key":"map","Value":"dust"},{"Key":"mode","Value":"duel"}],"IpAddress":"192.0.2.10","DnsName":"192.0.2.10","Port":7777,
			"PlayerSessionCreationPolicy":"ACCEPT_ALL","CreatorId":"alice","GameSessionData":"{\"rounds\":3}","Location":"custom-home"}}`).keep("session", "GameSession.GameSessionId"),
	ask("CreateGameSession", "the same again", `{"FleetId":"${fleet}","MaximumPlayerSessionCount":4,"Name":"Dust II","CreatorId":"alice","Location":"custom-home",
		"GameProperties":[{"Key":"map","Value":"dust"},{"Key":"mode","Value":"duel"}],"GameSessionData":"{\"rounds\":3}","IdempotencyToken":"match-1"}`).
		gives(`{"GameSession":{"GameSessionId":"${session}","Status":"ACTIVATING"}}`),
	ask("CreateGameSession", "a used token with another game", `{"FleetId":"${fleet}","MaximumPlayerSessionCount":5,"IdempotencyToken":"match-1"}`).fails(tokenMismatch, "token match-1"),
	ask("CreateGameSession", "by fleet and alias", `{"FleetId":"${fleet}","AliasId":"alias-a","MaximumPlayerSessionCount":2}`).fails(invalid, "both given"),
	ask("CreateGameSession", "by neither", `{"MaximumPlayerSessionCount":2}`).fails(invalid, "neither FleetId nor AliasId"),
	ask("CreateGameSession", "in no fleet", `{"FleetId":"fleet-none","MaximumPlayerSessionCount":2}`).fails(notFound, "fleet fleet-none does not exist"),
	ask("CreateGameSession", "by no alias", `{"AliasId":"alias-none","MaximumPlayerSessionCount":2}`).fails(notFound, "alias alias-none does not exist"),
	ask("CreateGameSession", "where the fleet is not", `{"FleetId":"${fleet}","Location":"custom-nowhere","MaximumPlayerSessionCount":2}`).fails(notFound, "has no location custom-nowhere"),
	ask("CreateGameSession", "a token with a dot, 17 properties", `{"FleetId":"${fleet}","MaximumPlayerSessionCount":2,"IdempotencyToken":"a.b","GameProperties":[`+seventeen+`]}`).
		fails(invalid, "2 validation errors detected"),
	ask("CreateGameSession", "with a name of 1,025 characters", `{"FleetId":"${fleet}","MaximumPlayerSessionCount":2,"Name":"${x1025}"}`).fails(invalid, "'name' failed"),
	given("UpdateFleetAttributes", `{"FleetId":"${fleet}","ResourceCreationLimitPolicy":{"NewGameSessionsPerCreator":1,"PolicyPeriodInMinutes":60}}`),
	ask("CreateGameSession", "by a creator who has made too many", `{"FleetId":"${fleet}","MaximumPlayerSessionCount":2,"CreatorId":"alice"}`).fails(limitExceeded, "creator alice"),
	ask("CreateGameSession", "by nobody where creators are limited", `{"FleetId":"${fleet}","MaximumPlayerSessionCount":2}`).fails(invalid, "give a CreatorId"),
	activate("game-1"),

	ask("DescribeGameSessions", "by id", `{"GameSessionId":"${session}"}`).gives(`{"GameSessions":[{"GameSessionId":"${session}","Status":"ACTIVE","Name":"Dust II"}]}`),
	ask("DescribeGameSessions", "by fleet, location and status", `{"FleetId":"${fleetArn}","Location":"custom-home","StatusFilter":"ACTIVE"}`).gives(`{"GameSessions":[{"GameSessionId":"${session}"}],"NextToken":null}`),
	ask("DescribeGameSessions", "of another status", `{"FleetId":"${fleet}","StatusFilter":"TERMINATED"}`).gives(`{"GameSessions":[]}`),
	ask("DescribeGameSessions", "by id and fleet", `{"FleetId":"${fleet}","GameSessionId":"${session}"}`).fails(invalid, "give one of the three"),
	ask("DescribeGameSessions", "by nothing", `{}`).fails(invalid, "neither FleetId nor AliasId"),
	ask("DescribeGameSessions", "of none", `{"GameSessionId":"arn:aws:gamelift:us-east-1::gamesession/${fleet}/none"}`).fails(notFound, "does not exist"),
	ask("DescribeGameSessionDetails", "by id", `{"GameSessionId":"${session}"}`).
		gives(`{"GameSessionDetails":[{"ProtectionPolicy":"NoProtection","GameSession":{"GameSessionId":"${session}","Status":"ACTIVE"}}]}`),
	ask("DescribeGameSessionDetails", "of no status", `{"FleetId":"${fleet}","StatusFilter":"BORED"}`).fails(invalid, "StatusFilter"),
	ask("DescribeGameSessionDetails", "of no fleet", `{"FleetId":"fleet-none"}`).fails(notFound, "fleet fleet-none does not exist"),

	ask("UpdateGameSession", "all but properties", `{"GameSessionId":"${session}","MaximumPlayerSessionCount":6,"Name":"Dust III","PlayerSessionCreationPolicy":"DENY_ALL","ProtectionPolicy":"FullProtection"}`).
		gives(`{"GameSession":{"GameSessionId":"${session}","MaximumPlayerSessionCount":6,"Name":"Dust III","PlayerSessionCreationPolicy":"DENY_ALL"}}`),
	ask("UpdateGameSession", "properties", `{"GameSessionId":"${session}","GameProperties":[{"Key":"mode","Value":"brawl"},{"Key":"score","Value":"1"}]}`).
		gives(`{"GameSession":{"GameProperties":[{"Key":"map","Value":"dust"},{"Key":"mode","Value":"brawl"},{"Key":"score","Value":"1"}]}}`),
	ask("DescribeGameSessionDetails", "after the update", `{"GameSessionId":"${session}"}`).gives(`{"GameSessionDetails":[{"ProtectionPolicy":"FullProtection","GameSession":{"Name":"Dust III"}}]}`),
	ask("UpdateGameSession", "to no policy", `{"GameSessionId":"${session}","PlayerSessionCreationPolicy":"SOME"}`).fails(invalid, "enum value set"),
	ask("UpdateGameSession", "of none", `{"GameSessionId":"arn:aws:gamelift:us-east-1::gamesession/${fleet}/none","Name":"a"}`).fails(notFound, "does not exist"),

	ask("TerminateGameSession", "by force", `{"GameSessionId":"${session}","TerminationMode":"FORCE_TERMINATE"}`).fails(invalid, "TRIGGER_ON_PROCESS_TERMINATE"),
	ask("TerminateGameSession", "of none", `{"GameSessionId":"arn:aws:gamelift:us-east-1::gamesession/${fleet}/none","TerminationMode":"TRIGGER_ON_PROCESS_TERMINATE"}`).fails(notFound, "does not exist"),
	ask("TerminateGameSession", "by its process", `{"GameSessionId":"${session}","TerminationMode":"TRIGGER_ON_PROCESS_TERMINATE"}`).
		gives(`{"GameSession":{"GameSessionId":"${session}","Status":"TERMINATING","TerminationTime":null}}`),
	end("game-1"),
	ask("DescribeGameSessions", "that has ended", `{"GameSessionId":"${session}"}`).
		gives(`{"GameSessions":[{"Status":"TERMINATED","StatusReason":"TRIGGERED_ON_PROCESS_TERMINATE","TerminationTime":"*"}]}`),
	ask("TerminateGameSession", "that has ended", `{"GameSessionId":"${session}","TerminationMode":"TRIGGER_ON_PROCESS_TERMINATE"}`).fails(sessionStatus, "has ended"),
	ask("UpdateGameSession", "that has ended", `{"GameSessionId":"${session}","Name":"late"}`).fails(sessionStatus, "TERMINATED"),
	ask("CreatePlayerSession", "in a game that has ended", `{"GameSessionId":"${session}","PlayerId":"late"}`).fails(sessionStatus, "TERMINATED"),
)

// seventeen properties are one too many.
const seventeen = `{"Key":"1","Value":"a"},{"Key":"2","Value":"a"},{"Key":"3","Value":"a"},{"Key":"4","Value":"a"},{"Key":"5","Value":"a"},{"Key":"6","Value":"a"},
	{"Key":"7","Value":"a"},{"Key":"8","Value":"a"},{"Key":"9","Value":"a"},{"Key":"10","Value":"a"},{"Key":"11","Value":"a"},{"Key":"12","Value":"a"},
	{"Key":"13","Value":"a"},{"Key":"14","Value":"a"},{"Key":"15","Value":"a"},{"Key":"16","Value":"a"},{"Key":"17","Value":"a"}`

var searches = tell("searches",
	connect("game-1", "host-1"),
	given("CreateGameSession", `{"FleetId":"${fleet}","MaximumPlayerSessionCount":1,"Name":"Anna's game","GameProperties":[{"Key":"map","Value":"dust"}]}`).keep("anna", "GameSession.GameSessionId"),
	activate("game-1"),
	connect("game-2", "host-1"),
	given("CreateGameSession", `{"FleetId":"${fleet}","MaximumPlayerSessionCount":8,"Name":"Ben","GameProperties":[{"Key":"map","Value":"ice"}]}`).keep("ben", "GameSession.GameSessionId"),
	activate("game-2"),
	given("CreatePlayerSession", `{"GameSessionId":"${anna}","PlayerId":"anna"}`),
	ask("SearchGameSessions", "sorted", `{"FleetId":"${fleet}","SortExpression":"maximumSessions DESC"}`).gives(`{"GameSessions":[{"GameSessionId":"${ben}"},{"GameSessionId":"${anna}"}],"NextToken":null}`),
	ask("SearchGameSessions", "with room", `{"FleetId":"${fleet}","FilterExpression":"hasAvailablePlayerSessions=true"}`).gives(`{"GameSessions":[{"GameSessionId":"${ben}","Status":"ACTIVE"}]}`),
	ask("SearchGameSessions", "by a quoted name", `{"FleetId":"${fleet}","FilterExpression":"gameSessionName = 'Anna\\'s game'"}`).gives(`{"GameSessions":[{"GameSessionId":"${anna}","CurrentPlayerSessionCount":1}]}`),
	ask("SearchGameSessions", "by more than one thing", `{"FleetId":"${fleet}","Location":"custom-home",
		"FilterExpression":"(gameSessionProperties.map = 'ice' OR maximumSessions < 2) AND NOT playerSessionCount >= 1","SortExpression":"creationTimeMillis ASC"}`).gives(`{"GameSessions":[{"GameSessionId":"${ben}"}]}`),
	ask("SearchGameSessions", "one page", `{"FleetId":"${fleet}","SortExpression":"gameSessionName ASC","Limit":1}`).gives(`{"GameSessions":[{"GameSessionId":"${anna}"}],"NextToken":"*"}`).keep("next", "NextToken"),
	ask("SearchGameSessions", "the page after it", `{"FleetId":"${fleet}","SortExpression":"gameSessionName ASC","Limit":1,"NextToken":"${next}"}`).gives(`{"GameSessions":[{"GameSessionId":"${ben}"}],"NextToken":null}`),
	ask("SearchGameSessions", "by a broken filter", `{"FleetId":"${fleet}","FilterExpression":"maximumSessions > "}`).fails(invalid, "FilterExpression"),
	ask("SearchGameSessions", "by a broken order", `{"FleetId":"${fleet}","SortExpression":"maximumSessions UPWARDS"}`).fails(invalid, "SortExpression"),
	ask("SearchGameSessions", "in neither fleet nor alias", `{}`).fails(invalid, "neither FleetId nor AliasId"),
	ask("SearchGameSessions", "in no fleet", `{"FleetId":"fleet-none"}`).fails(notFound, "fleet fleet-none does not exist"),
)

var playerSessions = tell("player sessions",
	connect("game-1", "host-1"),
	given("CreateGameSession", `{"FleetId":"${fleet}","MaximumPlayerSessionCount":3}`).keep("session", "GameSession.GameSessionId"),
	ask("CreatePlayerSession", "before the game is active", `{"GameSessionId":"${session}","PlayerId":"early"}`).fails(sessionStatus, "ACTIVATING"),
	activate("game-1"),
	ask("CreatePlayerSession", "with data", `{"GameSessionId":"${session}","PlayerId":"alice","PlayerData":"level 7"}`).
		gives(`{"PlayerSession":{"PlayerSessionId":"*","PlayerId":"alice","GameSessionId":"${session}","FleetId":"${fleet}","FleetArn":"${fleetArn}","CreationTime":"*","TerminationTime":null,
			"Status":"RESERVED","IpAddress":"192.0.2.10","DnsName":"192.0.2.10","Port":7777,"PlayerData":"level 7"}}`).keep("alice", "PlayerSession.PlayerSessionId"),
	ask("CreatePlayerSessions", "two, one with data", `{"GameSessionId":"${session}","PlayerIds":["bob","carol"],"PlayerDataMap":{"carol":"level 1","dave":"nobody"}}`).
		gives(`{"PlayerSessions":[{"PlayerId":"bob","PlayerData":null,"Status":"RESERVED"},{"PlayerId":"carol","PlayerData":"level 1"}]}`).keep("bob", "PlayerSessions.0.PlayerSessionId"),
	ask("CreatePlayerSession", "one too many", `{"GameSessionId":"${session}","PlayerId":"dave"}`).fails(sessionFull, "3 of 3 slots"),
	ask("CreatePlayerSessions", "two too many", `{"GameSessionId":"${session}","PlayerIds":["dave","erin"]}`).fails(sessionFull, "3 of 3 slots"),
	ask("CreatePlayerSession", "in no game", `{"GameSessionId":"arn:aws:gamelift:us-east-1::gamesession/${fleet}/none","PlayerId":"dave"}`).fails(notFound, "does not exist"),
	ask("CreatePlayerSessions", "in no game", `{"GameSessionId":"arn:aws:gamelift:us-east-1::gamesession/${fleet}/none","PlayerIds":["dave"]}`).fails(notFound, "does not exist"),
	ask("CreatePlayerSession", "no ARN", `{"GameSessionId":"no such form","PlayerId":"dave"}`).fails(invalid, "'gameSessionId' failed"),
	ask("CreatePlayerSession", "with data of 2,049 characters", `{"GameSessionId":"${session}","PlayerId":"dave","PlayerData":"${x2049}"}`).fails(invalid, "'playerData' failed"),
	ask("CreatePlayerSessions", "one player twice", `{"GameSessionId":"${session}","PlayerIds":["dave","dave"]}`).fails(invalid, "named twice"),
	ask("CreatePlayerSessions", "26 players", `{"GameSessionId":"${session}","PlayerIds":["1","2","3","4","5","6","7","8","9","10","11","12","13","14","15","16","17","18","19","20","21","22","23","24","25","26"]}`).
		fails(invalid, "'playerIds' failed"),
	admit("game-1", "${alice}"),
	ask("DescribePlayerSessions", "by player session", `{"PlayerSessionId":"${alice}"}`).gives(`{"PlayerSessions":[{"PlayerId":"alice","Status":"ACTIVE","PlayerData":"level 7"}]}`),
	ask("DescribePlayerSessions", "by player", `{"PlayerId":"bob"}`).gives(`{"PlayerSessions":[{"PlayerSessionId":"${bob}","Status":"RESERVED"}]}`),
	ask("DescribePlayerSessions", "by game and status", `{"GameSessionId":"${session}","PlayerSessionStatusFilter":"RESERVED"}`).gives(`{"PlayerSessions":[{"PlayerId":"bob"},{"PlayerId":"carol"}],"NextToken":null}`),
	ask("DescribePlayerSessions", "one page", `{"GameSessionId":"${session}","Limit":2}`).gives(`{"PlayerSessions":[{"PlayerId":"alice"},{"PlayerId":"bob"}],"NextToken":"*"}`).keep("next", "NextToken"),
	ask("DescribePlayerSessions", "the page after it", `{"GameSessionId":"${session}","Limit":2,"NextToken":"${next}"}`).gives(`{"PlayerSessions":[{"PlayerId":"carol"}],"NextToken":null}`),
	ask("DescribePlayerSessions", "by two things", `{"GameSessionId":"${session}","PlayerId":"alice"}`).fails(invalid, "give one of"),
	ask("DescribePlayerSessions", "of no status", `{"GameSessionId":"${session}","PlayerSessionStatusFilter":"ASLEEP"}`).fails(invalid, "PlayerSessionStatusFilter"),
	ask("DescribePlayerSessions", "of none", `{"PlayerSessionId":"psess-none"}`).fails(notFound, "player session psess-none does not exist"),
	leave("game-1", "${alice}"),
	ask("DescribePlayerSessions", "of one who has left", `{"PlayerSessionId":"${alice}"}`).gives(`{"PlayerSessions":[{"Status":"COMPLETED","TerminationTime":"*"}]}`),
	ask("DescribeGameSessions", "with a free slot again", `{"GameSessionId":"${session}"}`).gives(`{"GameSessions":[{"CurrentPlayerSessionCount":2}]}`),
	given("UpdateGameSession", `{"GameSessionId":"${session}","PlayerSessionCreationPolicy":"DENY_ALL"}`),
	ask("CreatePlayerSession", "in a closed game", `{"GameSessionId":"${session}","PlayerId":"dave"}`).fails(sessionStatus, "DENY_ALL"),
	ask("CreatePlayerSessions", "in a closed game", `{"GameSessionId":"${session}","PlayerIds":["dave"]}`).fails(sessionStatus, "DENY_ALL"),
	ask("UpdateGameSession", "to less than there are players", `{"GameSessionId":"${session}","MaximumPlayerSessionCount":1}`).fails(invalid, "less than the 2 player sessions"),
)
