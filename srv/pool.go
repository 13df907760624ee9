package srv

import "sync"

// turns holds turns that no connection needs now. The collector empties it when the server is quiet.
var turns = sync.Pool{New: func() any { return newTurn() }}

// quarantine delays the reuse of turns in poisoned builds, so that a slice that was kept shows the poison for a while and not
// the next request.
var quarantine chan *turn

func init() {
	if poison {
		quarantine = make(chan *turn, 16)
	}
}

func getTurn() *turn { return turns.Get().(*turn) }

// putTurn gives a turn back. It must not be used afterwards.
func putTurn(t *turn) {
	t.release()
	if poison {
		select {
		case quarantine <- t:
			return
		default:
		}
		select {
		case old := <-quarantine:
			turns.Put(old)
		default:
		}
		select {
		case quarantine <- t:
		default:
		}
		return
	}
	turns.Put(t)
}

// overwrite fills b with the name, repeated.
func overwrite(b []byte, name string) {
	if name == "" {
		name = "?"
	}
	for n := 0; n < len(b); {
		n += copy(b[n:], name)
	}
}
