package clitest

import (
	"debug/buildinfo"
	"os"
	"os/exec"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) { Main(m) }

// A program is built like its tests: a race that they cause is found there, too.
func TestBuild(t *testing.T) {
	settings := func(info *debug.BuildInfo) map[string]string {
		found := map[string]string{}
		for _, s := range info.Settings {
			if s.Key == "-race" || s.Key == "-tags" {
				found[s.Key] = s.Value
			}
		}
		return found
	}
	own, ok := debug.ReadBuildInfo()
	require.True(t, ok)
	bin := Build(t, "../../udplistener")
	info, err := buildinfo.ReadFile(bin)
	require.NoError(t, err)
	assert.Equal(t, "barewire/cmd/udplistener", info.Path)
	assert.Equal(t, settings(own), settings(info))
	assert.Equal(t, bin, Build(t, "../../udplistener"), "once is enough")
	assert.NotEqual(t, bin, Build(t, "../../udpsender"))
}

// watched is a test that says whether it has failed, and is cleaned up by hand.
type watched struct {
	testing.TB
	failed  bool
	cleanup func()
}

func (w *watched) Error(...any)     { w.failed = true }
func (w *watched) Cleanup(f func()) { w.cleanup = f }

func TestDataRace(t *testing.T) {
	for says, race := range map[string]bool{"nothing": false, "WARNING: DATA RACE": true} {
		w := &watched{TB: t}
		p := Start(w, "", os.Args[0], "-"+says) // no such flag: the program repeats it, and ends
		p.Stderr.AwaitText(t, says)
		w.cleanup()
		assert.Equal(t, race, w.failed, says)
	}
}

func TestStartPrepared(t *testing.T) {
	var stdout Output
	p := StartPrepared(t, func(c *exec.Cmd) { c.Stdout, c.Dir = &stdout, t.TempDir() }, os.Args[0], "-test.list", "TestStartPrep.*")
	assert.Zero(t, p.Exit(t))
	<-p.Exited()
	assert.Equal(t, "TestStartPrepared\n", stdout.String())
	assert.Empty(t, p.Stdout.String())
}
