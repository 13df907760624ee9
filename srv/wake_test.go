package srv

import (
	"bufio"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// always serves every request by one handler.
func always(h func(w *Response, r *Request)) Router {
	route := &Route{Name: "always", Handler: HandlerFunc(h)}
	return routerFunc(func(*Request) *Route { return route })
}

func overEach(t *testing.T, test func(t *testing.T, start starter)) {
	for _, tr := range transports {
		t.Run(tr.name, func(t *testing.T) { test(t, tr.start) })
	}
}

// A wait for content can be ended by another goroutine, and gone on with.
func TestWake(t *testing.T) {
	overEach(t, func(t *testing.T, start starter) {
		step, fill := make(chan bool), make([]byte, 4)
		dial := start(t, &Server{Router: always(func(w *Response, r *Request) {
			c := r.Content()
			piece, err := c.Next()
			assert.Equal(t, "hello", string(piece))
			assert.NoError(t, err)
			piece, err = c.Received()
			assert.Nil(t, piece)
			assert.NoError(t, err)
			awake := make(chan bool)
			for i := range 6 { // before the wait, or in it
				go func() { c.Wake(); awake <- true }()
				switch i % 3 {
				case 0:
					_, err = c.Next()
				case 1:
					_, err = c.Read(fill)
				case 2:
					_, err = c.WriteTo(io.Discard)
				}
				assert.Equal(t, ErrWoken, err)
				<-awake
			}
			c.Wake()
			c.Wake() // is one with the first
			_, err = c.Next()
			assert.Equal(t, ErrWoken, err)
			step <- true
			piece, err = c.Next()
			assert.Equal(t, "world", string(piece))
			assert.NoError(t, err)
			c.Wake() // nobody waits any more, nor does the next request
			_, err = c.Next()
			assert.Equal(t, io.EOF, err)
		})})
		nc, err := dial()
		require.NoError(t, err)
		defer nc.Close()
		nc.SetDeadline(time.Now().Add(20 * time.Second))
		answer := make([]byte, 512)
		for range 20 {
			io.WriteString(nc, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello")
			<-step
			io.WriteString(nc, "world")
			n, err := nc.Read(answer)
			require.NoError(t, err)
			assert.Contains(t, string(answer[:n]), "HTTP/1.1 200 OK\r\n")
		}
	})
}

// Wakes that come at any moment lose no octet of a content that comes piece by piece, and the next request is not touched by them.
func TestWakeRace(t *testing.T) {
	const pieces = 200
	overEach(t, func(t *testing.T, start starter) {
		dial := start(t, &Server{Router: always(func(w *Response, r *Request) {
			c := r.Content()
			end, ended := make(chan bool), make(chan bool)
			go func() {
				defer close(ended)
				for {
					select {
					case <-end:
						return
					default:
						c.Wake()
						time.Sleep(10 * time.Microsecond)
					}
				}
			}()
			for {
				piece, err := c.Next()
				if w.Write(piece); err == io.EOF {
					break
				} else if err != nil && err != ErrWoken {
					t.Error(err)
					break
				}
			}
			close(end)
			<-ended
		})})
		nc, err := dial()
		require.NoError(t, err)
		defer nc.Close()
		nc.SetDeadline(time.Now().Add(20 * time.Second))
		in := bufio.NewReader(nc)
		for range 5 {
			io.WriteString(nc, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200\r\n\r\n")
			for i := range pieces {
				nc.Write(pattern[i : i+1])
			}
			r, err := http.ReadResponse(in, nil)
			require.NoError(t, err)
			content, err := io.ReadAll(r.Body)
			require.NoError(t, err)
			assert.Equal(t, string(pattern[:pieces]), string(content))
		}
	})
}

// A wait that is ended again and again still counts for the content's rate.
func TestWakeTimeout(t *testing.T) {
	overEach(t, func(t *testing.T, start starter) {
		dial := start(t, &Server{Timeouts: Timeouts{Rate: 100 * time.Millisecond}, Router: always(func(w *Response, r *Request) {
			c, awake := r.Content(), make(chan bool)
			for {
				go func() {
					time.Sleep(5 * time.Millisecond)
					c.Wake()
					awake <- true
				}()
				_, err := c.Next()
				<-awake
				if err != ErrWoken {
					assert.Equal(t, ErrContentTimeout, err)
					return
				}
			}
		})})
		nc, err := dial()
		require.NoError(t, err)
		defer nc.Close()
		nc.SetDeadline(time.Now().Add(20 * time.Second))
		io.WriteString(nc, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n")
		answer, _ := io.ReadAll(nc)
		assert.Contains(t, string(answer), "HTTP/1.1 408 ")
	})
}
