package gate_test

import (
	"fmt"
	"testing"

	"github.com/musterhq/muster/internal/world"
)

func TestDescribePlayerSessionsByPages(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		s := h.ready(process)
		session, err := h.createSession()
		if err != nil {
			t.Fatal(err)
		}
		s.push("CreateGameSession")
		s.ask("ActivateGameSession", fields{"GameSessionId": session.ID}).want(200)
		for i := range 7 {
			h.reserve(session.ID, fmt.Sprint(i))
		}
		s.ask("AcceptPlayerSession", fields{"GameSessionId": session.ID, "PlayerSessionId": "psess-3"}).want(200)

		var got []string
		next, pages := "", 0
		for more := true; more; pages++ {
			a := s.ask("DescribePlayerSessions", fields{"GameSessionId": session.ID, "Limit": 3, "NextToken": next}).want(200)
			for _, p := range a.fields["PlayerSessions"].([]any) {
				got = append(got, fields(p.(map[string]any)).str("PlayerId"))
			}
			next, more = a.fields["NextToken"].(string)
		}
		if pages != 3 || fmt.Sprint(got) != "[0 1 2 3 4 5 6]" {
			t.Errorf("%d pages with %v", pages, got)
		}
		for filter, want := range map[string]int{"ACTIVE": 1, "RESERVED": 6, "COMPLETED": 0, "TIMEDOUT": 0} {
			a := s.ask("DescribePlayerSessions", fields{"GameSessionId": session.ID, "PlayerSessionStatusFilter": filter, "Limit": 50}).want(200)
			if n := len(a.fields["PlayerSessions"].([]any)); n != want {
				t.Errorf("%d are %s, want %d", n, filter, want)
			}
			if _, more := a.fields["NextToken"]; more {
				t.Errorf("%s: there is a NextToken on the last page", filter)
			}
		}
		// Source: GameLift service API, DescribePlayerSessions.
		for _, ignored := range []fields{{"PlayerId": "3", "PlayerSessionStatusFilter": "COMPLETED"}, {"PlayerSessionId": "psess-3", "PlayerSessionStatusFilter": "COMPLETED"}} {
			if a := s.ask("DescribePlayerSessions", ignored).want(200); len(a.fields["PlayerSessions"].([]any)) != 1 {
				t.Errorf("%v: got %v, want the filter to count for game sessions alone", ignored, a.fields)
			}
		}
		one := s.ask("DescribePlayerSessions", fields{"PlayerSessionId": "psess-3"}).want(200)
		p := fields(one.fields["PlayerSessions"].([]any)[0].(map[string]any))
		created := do(h, world.CreatePlayerSessions{Session: session.ID, Players: []world.ReservedPlayer{{ID: "psess-x", Player: "x"}}})[0].Created
		if p.str("PlayerId") != "3" || p.str("Status") != "ACTIVE" || p.str("GameSessionId") != session.ID || p.str("FleetId") != fleet ||
			p.str("IpAddress") != "127.0.0.1" || p.str("DnsName") != "localhost" || p["Port"] != 7777.0 || p["CreationTime"] != float64(created) {
			t.Errorf("got %v", p)
		}
		if _, set := p["TerminationTime"]; set {
			t.Errorf("got %v, want no TerminationTime yet", p)
		}
	})
}

func TestComputeAnswers(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		s := h.connect(process)
		a := s.ask("GetComputeCertificate", nil).want(200)
		if a.str("CertificatePath") != "/etc/certs" || a.str("ComputeName") != host {
			t.Errorf("got %v", a.fields)
		}
		// 200 without a key tells the SDKs that this is no managed fleet.
		a = s.ask("GetFleetRoleCredentials", fields{"RoleArn": "arn:aws:iam::123456789012:role/x"}).want(200)
		if key, sent := a.fields["AccessKeyId"]; !sent || key != "" {
			t.Errorf("got %v", a.fields)
		}
	})
}

func TestPlayerPolicy(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		s := h.ready(process)
		session, err := h.createSession()
		if err != nil {
			t.Fatal(err)
		}
		s.push("CreateGameSession")
		s.ask("ActivateGameSession", fields{"GameSessionId": session.ID}).want(200)
		for _, c := range []struct{ field, policy string }{
			{"PlayerSessionPolicy", "DENY_ALL"}, {"PlayerSessionPolicy", "ACCEPT_ALL"}, {"PlayerSessionCreationPolicy", "DENY_ALL"},
		} {
			s.ask("UpdatePlayerSessionCreationPolicy", fields{"GameSessionId": session.ID, c.field: c.policy}).want(200)
			got, err := h.ledger.GameSession(t.Context(), session.ID)
			if err != nil || got.Policy != c.policy {
				t.Errorf("%v: %s, %v", c, got.Policy, err)
			}
		}
	})
}
