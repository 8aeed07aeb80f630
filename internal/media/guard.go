package media

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// maxAddresses is how many of a name's addresses are tried. Name servers in
// strangers' hands could list thousands.
const maxAddresses = 8

// guard decides what may be connected to, and connects.
type guard struct {
	config     Config
	special    []netip.Prefix
	resolver   *net.Resolver
	interfaces func() ([]net.Addr, error)
	// connecting sees every address just before the kernel gets it, and whether it
	// is permitted, and may stop it. It is for tests.
	connecting func(a netip.AddrPort, permitted bool) error
}

var errDenied = errors.New("the address is not public")

// dial connects to host:port. It resolves a name once, refuses it when any of
// its addresses is refused, and connects to those very addresses.
func (g *guard) dial(ctx context.Context, _, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, err
	}
	addrs, err := g.resolve(ctx, host)
	if err != nil {
		return nil, err
	}
	for _, a := range addrs {
		if !g.permits(a) {
			return nil, errDenied
		}
	}
	var conn net.Conn
	addrs = addrs[:min(len(addrs), maxAddresses)]
	for i, a := range addrs {
		d := net.Dialer{Control: g.control}
		if end, ok := ctx.Deadline(); ok { // what is left is shared by those still to try
			d.Timeout = time.Until(end) / time.Duration(len(addrs)-i)
		}
		if conn, err = d.DialContext(ctx, "tcp", netip.AddrPortFrom(a, uint16(n)).String()); err == nil {
			return conn, nil
		}
	}
	return nil, err
}

// resolve returns the addresses of a host, IPv4 never in IPv6's clothes.
func (g *guard) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a.Unmap()}, nil
	}
	// The final dot keeps the resolver from trying the name below the machine's
	// own domains.
	addrs, err := g.resolver.LookupNetIP(ctx, "ip", host+".")
	if err != nil {
		return nil, err
	}
	if len(addrs) == 0 {
		return nil, errors.New("the name has no address")
	}
	for i, a := range addrs {
		addrs[i] = a.Unmap()
	}
	return addrs, nil
}

// control is called with the address the socket is about to connect to. This is
// the decision that counts: nothing lies between it and the kernel.
func (g *guard) control(_, address string, _ syscall.RawConn) error {
	a, err := netip.ParseAddrPort(address)
	ok := err == nil && g.permits(a.Addr()) && slices.Contains(g.config.Ports, a.Port())
	if g.connecting != nil {
		if err := g.connecting(a, ok); err != nil {
			return err
		}
	}
	if !ok {
		return errDenied
	}
	return nil
}
