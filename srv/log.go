package srv

import (
	"context"
	"log/slog"
	"strconv"
	"sync/atomic"
)

func (s *Server) log() *slog.Logger {
	if s.Log != nil {
		return s.Log
	}
	return slog.Default()
}

func (s *Server) logs() bool { return s.log().Enabled(context.Background(), slog.LevelWarn) }

// logInterval is the least time between two log lines of one kind that clients can cause.
const logInterval tick = 1000

// logLimit keeps a client from filling the log.
type logLimit struct {
	next    atomic.Uint32 // the tick from which on a line may be logged; 0: at once
	skipped atomic.Uint64
}

// allowed reports whether the kind of line that next belongs to may be logged now, and how many were left out since the
// last.
func (l *logLimit) allowed(now tick) (skipped uint64, ok bool) {
	next := l.next.Load()
	// Ticks wrap: only a tick that is near ahead is one to wait for.
	if next != 0 && tick(next)-now-1 <= logInterval || !l.next.CompareAndSwap(next, uint32(now+logInterval)|1) {
		l.skipped.Add(1)
		return 0, false
	}
	return l.skipped.Swap(0), true
}

// refused reports a refusal to the hook and the log.
func (s *Server) refused(r *Refusal, now tick) {
	if s.OnRefuse != nil {
		s.callOnRefuse(r)
	}
	if !s.logs() {
		return
	}
	if skipped, ok := s.refusalLog.allowed(now); ok {
		s.log().Warn("request refused", slog.String("rule", r.Rule), slog.String("section", r.Section), slog.Int("status", r.Status),
			slog.Int("off", r.Off), slog.String("octets", escaped(r.Excerpt)), slog.String("remote", r.Remote.String()),
			slog.String("route", r.Route), slog.Uint64("skipped", skipped))
	}
}

// escaped returns octets as a string literal has them between its quotes.
func escaped(b []byte) string {
	q := strconv.QuoteToASCII(string(b))
	return q[1 : len(q)-1]
}

func (s *Server) callOnRefuse(r *Refusal) {
	defer s.hooked("OnRefuse")
	s.OnRefuse(r)
}

// abortedLog reports a response that was cut off.
func (s *Server) abortedLog(t *turn, err error) {
	client := err == ErrReset || err == ErrSendTimeout || t.req.loss.cause == ErrReset
	if client || !s.logs() {
		return
	}
	s.responseLog(&s.abortLog, "response aborted", t, err)
}

// mistakeLog reports a response that the handler did not make as it had declared it, and of which nothing has left: the client gets 500.
func (s *Server) mistakeLog(t *turn, err error) {
	if s.logs() {
		s.responseLog(&s.replaceLog, "response replaced", t, err)
	}
}

func (s *Server) responseLog(limit *logLimit, message string, t *turn, err error) {
	if skipped, ok := limit.allowed(t.now); ok {
		s.log().Warn(message, slog.String("route", t.route.Name), slog.String("error", err.Error()), slog.Uint64("skipped", skipped))
	}
}
