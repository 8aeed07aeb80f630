package server

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/gemway/gemway/internal/metrics"
)

// Listener bounds the connections of a listener. What is beyond the limits is
// closed at once: whoever waits in a queue would only wait longer.
type Listener struct {
	net.Listener
	limits  atomic.Pointer[Limits]
	metrics *metrics.Metrics

	open  atomic.Int64
	mu    sync.Mutex
	perIP map[netip.Addr]int
}

// NewListener bounds a listener.
func NewListener(ln net.Listener, l Limits, m *metrics.Metrics) *Listener {
	b := &Listener{Listener: ln, metrics: m, perIP: map[netip.Addr]int{}}
	b.limits.Store(&l)
	return b
}

// SetLimits changes the limits for connections to come.
func (b *Listener) SetLimits(l Limits) { b.limits.Store(&l) }

// Accept implements net.Listener.
func (b *Listener) Accept() (net.Conn, error) {
	for {
		c, err := b.Listener.Accept()
		if err != nil {
			return nil, err
		}
		ip := address(c.RemoteAddr().String())
		if limit := b.admit(ip); limit != "" {
			b.metrics.Refused(limit)
			if tcp, ok := c.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0) // leaves nothing behind
			}
			_ = c.Close()
			continue
		}
		b.metrics.Connection(1)
		return &boundConn{Conn: c, done: func() {
			b.metrics.Connection(-1)
			b.leave(ip)
		}}, nil
	}
}

// admit counts a connection, or names the limit it is beyond.
func (b *Listener) admit(ip netip.Addr) (limit string) {
	l := b.limits.Load()
	if b.open.Add(1) > int64(l.Connections) {
		b.open.Add(-1)
		return "total"
	}
	if l.exempt(ip) {
		return ""
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.perIP[ip] >= l.ConnectionsPerIP {
		b.open.Add(-1)
		return "per_ip"
	}
	b.perIP[ip]++
	return ""
}

func (b *Listener) leave(ip netip.Addr) {
	b.open.Add(-1)
	b.mu.Lock()
	defer b.mu.Unlock()
	switch n := b.perIP[ip]; {
	case n > 1:
		b.perIP[ip] = n - 1
	case n == 1:
		delete(b.perIP, ip)
	}
}

// exempt addresses stand for many clients, or for this machine.
func (l *Limits) exempt(ip netip.Addr) bool { return ip.IsLoopback() || l.trusts(ip) }

// trusts reports whether an address is that of a trusted proxy.
func (l *Limits) trusts(ip netip.Addr) bool {
	for _, p := range l.TrustedProxies {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// boundConn tells when it is closed.
type boundConn struct {
	net.Conn
	once sync.Once
	done func()
}

// Close implements net.Conn.
func (c *boundConn) Close() error {
	c.once.Do(c.done)
	return c.Conn.Close()
}

// address returns the IP address of host:port, or of an address alone.
func address(s string) netip.Addr {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone("")
	}
	ip, _ := netip.ParseAddr(s) // the zero address stands for what is none
	return ip.Unmap().WithZone("")
}
