package srv

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"syscall"
)

// listen binds addr; see Server.Listen.
func listen(addr string) ([]net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	if host != "localhost" {
		network := "tcp"
		if ip, err := netip.ParseAddr(host); err == nil && ip.Is4() {
			network = "tcp4" // else 0.0.0.0 would be taken for all addresses of both families
		}
		l, err := listenOn(network, addr)
		return []net.Listener{l}, err
	}
	// With port 0 the port that one family gives may be taken in the other: then another one is tried.
	for range 20 {
		ls, err := listenBoth(port)
		if err == nil || port != "0" || !errors.Is(err, syscall.EADDRINUSE) {
			return ls, err
		}
	}
	return listenBoth(port)
}

// listenOn listens for TCP alone and not, as net.Listen does, for Multipath TCP, which costs each connection something.
func listenOn(network, addr string) (net.Listener, error) {
	config := net.ListenConfig{Control: inherit}
	config.SetMultipathTCP(false)
	return config.Listen(context.Background(), network, addr)
}

// listenBoth binds the port on both loopback addresses, or on the one whose family there is.
func listenBoth(port string) ([]net.Listener, error) {
	v4, err4 := listenOn("tcp4", net.JoinHostPort("127.0.0.1", port))
	if err4 != nil && (errors.Is(err4, syscall.EADDRINUSE) || errors.Is(err4, syscall.EACCES)) {
		return nil, err4
	}
	if err4 == nil && port == "0" {
		port = strconv.Itoa(v4.Addr().(*net.TCPAddr).Port)
	}
	v6, err6 := listenOn("tcp6", net.JoinHostPort("::1", port))
	switch {
	case err4 != nil && err6 != nil:
		return nil, err4
	case err4 != nil:
		return []net.Listener{v6}, nil
	case err6 == nil:
		return []net.Listener{v4, v6}, nil
	case errors.Is(err6, syscall.EADDRINUSE):
		v4.Close()
		return nil, err6
	}
	return []net.Listener{v4}, nil
}
