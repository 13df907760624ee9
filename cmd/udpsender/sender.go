package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

const (
	datagramSize = 64 << 10               // more than a datagram can have
	inputSize    = 2 * datagramSize       // of the buffer for input: more than the longest line that is sent
	graceTime    = 100 * time.Millisecond // how long an error is waited for
)

// sender sends lines. An error that belongs to a line is reported there and does not end it.
type sender struct {
	conn    *net.UDPConn
	limit   int       // largest datagram, in octets
	prompts io.Writer // nil: no prompts
	errors  io.Writer

	answer [datagramSize]byte

	line    int  // in hand, counted from 1
	sent    int  // the last one sent
	unheard bool // nothing was heard about that yet
}

// sendAll sends the lines of r to the end. The error is that of reading.
func (s *sender) sendAll(r *bufio.Reader) error {
	for {
		s.prompt("> ")
		s.line++
		text, err := r.ReadSlice('\n')
		switch {
		case err == bufio.ErrBufferFull:
			s.report(s.line, s.tooLong())
			err = skipLine(r)
		case err == nil || err == io.EOF && len(text) > 0:
			s.send(bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r")))
		}
		if len(text) > 0 && r.Buffered() == 0 {
			s.listen()
		}
		if err == io.EOF {
			s.prompt("\n")
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (s *sender) prompt(text string) {
	if s.prompts != nil {
		io.WriteString(s.prompts, text)
	}
}

// skipLine reads to the end of a line that is longer than the buffer.
func skipLine(r *bufio.Reader) error {
	for {
		if _, err := r.ReadSlice('\n'); err != bufio.ErrBufferFull {
			return err
		}
	}
}

// send sends one line. A refusal that comes up by that is about the line before, and has kept this one from being sent.
func (s *sender) send(text []byte) {
	if len(text) > s.limit {
		s.report(s.line, s.tooLong())
		return
	}
	_, err := s.conn.Write(text)
	if errors.Is(err, syscall.ECONNREFUSED) {
		s.heard(err)
		_, err = s.conn.Write(text)
	}
	if err != nil {
		s.report(s.line, err)
		return
	}
	s.sent, s.unheard = s.line, true
}

func (s *sender) tooLong() error { return fmt.Errorf("not sent: longer than %d octets", s.limit) }

// listen waits a moment for an error about the last line sent. What is received besides does not matter.
func (s *sender) listen() {
	s.conn.SetReadDeadline(time.Now().Add(graceTime))
	for s.unheard {
		switch _, err := s.conn.Read(s.answer[:]); {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return
		case err != nil:
			s.heard(err)
		}
	}
}

// heard takes an error that is about the last line sent.
func (s *sender) heard(err error) {
	s.unheard = false
	s.report(s.sent, err)
}

// report says what went wrong with a line.
func (s *sender) report(line int, err error) {
	to := ""
	if op := (*net.OpError)(nil); errors.As(err, &op) {
		to = fmt.Sprintf(" (%v)", s.conn.RemoteAddr())
		err = op.Err
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		err = errors.New("connection refused: nobody listens")
	}
	fmt.Fprintf(s.errors, "udpsender: line %d: %v%s\n", line, err, to)
}
