package memory_test

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/musterhq/muster"
	"github.com/musterhq/muster/memory"
	"github.com/musterhq/muster/mustertest"
	"github.com/musterhq/muster/server/servertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	mustertest.Run(t, func(t *testing.T) mustertest.Fixture {
		clock := servertest.NewClock(time.Now())
		service := memory.NewService(memory.Options{Clock: clock})
		t.Cleanup(service.Close)
		return mustertest.Fixture{
			Provider: service,
			NewHost: func(t *testing.T, o mustertest.HostOptions) muster.Host {
				host := service.NewHost(memory.HostOptions{Port: 7777, KeepEmpty: o.KeepEmptySession})
				t.Cleanup(host.Close)
				return host
			},
			Advance: clock.Advance,
		}
	})
}
