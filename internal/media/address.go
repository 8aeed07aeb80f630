package media

import (
	"embed"
	"encoding/csv"
	"fmt"
	"net/netip"
	"strings"
)

// The registries of special-purpose addresses as IANA publishes them, of July
// 2026. To renew them, replace the files.
// https://www.iana.org/assignments/iana-ipv4-special-registry
// https://www.iana.org/assignments/iana-ipv6-special-registry
//
//go:embed iana/*.csv
var iana embed.FS

// beyond are networks that are not public and stand in other registries or in
// none.
var beyond = []netip.Prefix{
	netip.MustParsePrefix("224.0.0.0/4"),      // multicast, RFC 5771
	netip.MustParsePrefix("168.63.129.16/32"), // Azure's host, a public address by its number
}

// global is all that IANA gives out for public hosts in IPv6. What lies outside,
// such as ::/96 for IPv4-compatible addresses, fec0::/10 for sites, and
// multicast, is no place for a server.
// https://www.iana.org/assignments/ipv6-address-space
var global = netip.MustParsePrefix("2000::/3")

// metadata are the addresses at which clouds hand credentials to their machines.
// No setting opens them.
var metadata = []netip.Prefix{
	netip.MustParsePrefix("169.254.169.254/32"),  // most clouds
	netip.MustParsePrefix("169.254.169.253/32"),  // AWS's name server
	netip.MustParsePrefix("169.254.169.123/32"),  // AWS's clock
	netip.MustParsePrefix("169.254.170.2/32"),    // AWS ECS
	netip.MustParsePrefix("169.254.170.23/32"),   // AWS EKS
	netip.MustParsePrefix("169.254.0.23/32"),     // Tencent
	netip.MustParsePrefix("100.100.100.200/32"),  // Alibaba
	netip.MustParsePrefix("168.63.129.16/32"),    // Azure
	netip.MustParsePrefix("192.0.0.192/32"),      // Oracle
	netip.MustParsePrefix("fd00:ec2::/32"),       // AWS
	netip.MustParsePrefix("fd20:ce::254/128"),    // Google
	netip.MustParsePrefix("fd00:42::42/128"),     // Scaleway
	netip.MustParsePrefix("fe80::a9fe:a9fe/128"), // OpenStack
}

// special returns every network of IANA's registries. Rows that IANA calls
// globally reachable are among them: anycast for protocols, relays and
// translators that lead on to IPv4, none of which serves media.
func special() ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, name := range [...]string{"iana/iana-ipv4-special-registry-1.csv", "iana/iana-ipv6-special-registry-1.csv"} {
		f, err := iana.Open(name)
		if err != nil {
			return nil, err
		}
		rows, err := csv.NewReader(f).ReadAll()
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		for _, row := range rows[1:] {
			for block := range strings.SplitSeq(row[0], ",") { // "192.0.0.170/32, 192.0.0.171/32"
				block, _, _ = strings.Cut(strings.TrimSpace(block), " ") // "2002::/16 [3]"
				p, err := netip.ParsePrefix(block)
				if err != nil {
					return nil, fmt.Errorf("read %s: %w", name, err)
				}
				out = append(out, p)
			}
		}
	}
	return append(out, beyond...), nil
}

// permits reports whether an address may be connected to.
func (g *guard) permits(a netip.Addr) bool {
	if !a.IsValid() || a.Zone() != "" {
		return false
	}
	a = a.Unmap()
	switch {
	case contains(metadata, a):
		return false
	case contains(g.config.AllowedNetworks, a):
		return true
	case a.Is6() && !global.Contains(a), contains(g.special, a):
		return false
	}
	return !g.own(a)
}

// own reports whether an address is one of this machine's.
func (g *guard) own(a netip.Addr) bool {
	addrs, err := g.interfaces()
	if err != nil {
		return true
	}
	for _, n := range addrs {
		if p, err := netip.ParsePrefix(n.String()); err == nil && p.Addr().Unmap() == a {
			return true
		}
	}
	return false
}

func contains(networks []netip.Prefix, a netip.Addr) bool {
	for _, p := range networks {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
