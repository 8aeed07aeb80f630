package media

import (
	"net/netip"
	"testing"
)

// Both ends of every network of IANA's registries are refused.
func TestIANARegistries(t *testing.T) {
	networks, err := special()
	if err != nil {
		t.Fatal(err)
	}
	if len(networks) < 50 {
		t.Errorf("only %d networks were read", len(networks))
	}
	g := fetcher(t, nil).guard
	for _, p := range networks {
		first, last := p.Masked().Addr(), p.Masked().Addr().AsSlice()
		for i := p.Bits(); i < len(last)*8; i++ {
			last[i/8] |= 0x80 >> (i % 8)
		}
		end, _ := netip.AddrFromSlice(last)
		// An IPv4-mapped address is judged as the IPv4 address it is.
		if p != netip.MustParsePrefix("::ffff:0:0/96") && (g.permits(first) || g.permits(end)) {
			t.Errorf("%s: %s permitted %v, %s permitted %v", p, first, g.permits(first), end, g.permits(end))
		}
	}
}

func TestPermits(t *testing.T) {
	g := fetcher(t, nil).guard
	for _, a := range append(append([]string{}, private...), private6...) {
		if g.permits(netip.MustParseAddr(a)) {
			t.Errorf("%s is permitted", a)
		}
	}
	if g.permits(netip.Addr{}) || g.permits(netip.MustParseAddr("2606:2800::1%eth0")) {
		t.Error("no address, or one with a zone, is permitted")
	}
	// The neighbours of what is refused, so that nobody loses the public Internet.
	for _, a := range []string{
		"1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0",
		"168.63.129.15", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.0.3.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0",
		"223.255.255.255", "8.8.8.8", "::ffff:8.8.8.8", "2001:200::1", "2001:4860:4860::8888", "2003::1", "2606:4700::1111", "2620:4f:8001::1", "2a00:1450::1",
		"3ffe::1",
	} {
		if !g.permits(netip.MustParseAddr(a)) {
			t.Errorf("%s is refused", a)
		}
	}
}

// Only an explicit setting opens a private network, and only that one.
func TestAllowedNetworks(t *testing.T) {
	g := fetcher(t, func(c *Config) {
		c.AllowedNetworks = []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd12::/16")}
	}).guard
	for a, want := range map[string]bool{
		"10.1.2.3": true, "::ffff:10.1.2.3": true, "10.2.0.1": false, "fd12::1": true, "fd13::1": false, "127.0.0.1": false, "64:ff9b::a01:203": false,
	} {
		if got := g.permits(netip.MustParseAddr(a)); got != want {
			t.Errorf("permits(%s) = %v, want %v", a, got, want)
		}
	}
	if len(Default().AllowedNetworks) != 0 {
		t.Error("the default settings open a network")
	}
}
