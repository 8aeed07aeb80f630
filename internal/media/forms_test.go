package media

import (
	"fmt"
	"net/netip"
	"strings"
)

// private are addresses that no fetch may reach, at least one of every kind that
// T027 to T030 name.
var private = []string{
	"0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.254", "100.64.0.1", "100.100.100.200", "100.127.255.255",
	"127.0.0.1", "127.0.0.53", "127.1.2.3", "127.255.255.254", "169.254.0.1", "169.254.169.254", "169.254.170.2",
	"168.63.129.16", "172.16.0.1", "172.31.255.254", "192.0.0.1", "192.0.0.9", "192.0.0.170", "192.0.0.192", "192.0.2.1",
	"192.31.196.1", "192.52.193.1", "192.88.99.1", "192.168.0.1", "192.168.255.254", "192.175.48.1", "198.18.0.1",
	"198.19.255.254", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
}

var private6 = []string{
	"::", "::1", "::2", "::7f00:1", "::a00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
	"::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b::808:808", "64:ff9b:1::7f00:1", "64:ff9b:1:ffff::1",
	"100::1", "100:0:0:1::1", "2001::1", "2001:0:7f00:1::1", "2001:1::1", "2001:2::1", "2001:3::1", "2001:4:112::1",
	"2001:10::1", "2001:20::1", "2001:30::1", "2001:db8::1", "2002:7f00:1::1", "2002:a00:1::", "2002:808:808::1",
	"2620:4f:8000::1", "3fff::1", "3fff:fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fd20:ce::254", "fdff::1",
	"fe80::1", "fe80::a9fe:a9fe", "febf::1", "fec0::1", "feff::1", "ff02::1", "ff05::1:3", "4000::1", "e000::1",
}

// spellings writes an IPv4 address in the ways that some parser somewhere reads.
func spellings(a netip.Addr) []string {
	b := a.As4()
	n := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	out := []string{
		a.String(), a.String() + ".",
		fmt.Sprint(n), fmt.Sprintf("0x%x", n), fmt.Sprintf("0X%X", n), fmt.Sprintf("0x%016x", n), fmt.Sprintf("0%o", n), fmt.Sprintf("000%o", n),
		fmt.Sprintf("%d", uint64(n)+1<<32),
		fmt.Sprintf("%d.%d", b[0], n&0xffffff), fmt.Sprintf("%d.%d.%d", b[0], b[1], n&0xffff),
		fmt.Sprintf("0x%x.0x%x.0x%x.0x%x", b[0], b[1], b[2], b[3]), fmt.Sprintf("0%o.0%o.0%o.0%o", b[0], b[1], b[2], b[3]),
		fmt.Sprintf("%03d.%03d.%03d.%03d", b[0], b[1], b[2], b[3]), fmt.Sprintf("0x%x.%d.0%o.%d", b[0], b[1], b[2], b[3]),
		fmt.Sprintf("0x%x.%d", b[0], n&0xffffff), fmt.Sprintf("0%o.%d", b[0], n&0xffffff),
		fmt.Sprintf("%d.%d.%d.%d.", b[0], b[1], b[2], b[3]), fmt.Sprintf("%d.%d.%d.0x%x", b[0], b[1], b[2], b[3]),
		other(a.String(), '０', '．'), other(a.String(), '𝟎', '。'), circled(a.String()), other(fmt.Sprint(n), '０', '．'),
		strings.ReplaceAll(a.String(), ".", "%2e"), strings.ReplaceAll(a.String(), ".", "。"), strings.ReplaceAll(a.String(), ".", "｡"),
		fmt.Sprintf("%%%02x%s", a.String()[0], a.String()[1:]),
		fmt.Sprintf("[::ffff:%s]", a), fmt.Sprintf("[::ffff:%x:%x]", n>>16, n&0xffff), fmt.Sprintf("[0:0:0:0:0:ffff:%x:%x]", n>>16, n&0xffff),
		fmt.Sprintf("[::%s]", a), fmt.Sprintf("[::%x:%x]", n>>16, n&0xffff), fmt.Sprintf("[64:ff9b::%s]", a), fmt.Sprintf("[64:ff9b:1::%s]", a),
		fmt.Sprintf("[2002:%x:%x::1]", n>>16, n&0xffff), fmt.Sprintf("[2001:0:%x:%x::1]", n>>16, n&0xffff),
		fmt.Sprintf("[2001:0:1:2:3:4:%x:%x]", ^n>>16, ^n&0xffff), fmt.Sprintf("[::ffff:0:%s]", a),
		fmt.Sprintf("[::ffff:%s%%25eth0]", a), fmt.Sprintf("[::ffff:%s%%25]", a), "[" + a.String() + "]",
	}
	return out
}

// other writes digits and dots in another script whose zero is given.
func other(s string, zero, dot rune) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9':
			return zero + r - '0'
		case r == '.':
			return dot
		}
		return r
	}, s)
}

func circled(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '0':
			return '⓪'
		case r >= '1' && r <= '9':
			return '①' + r - '1'
		}
		return r
	}, s)
}

// names mean this machine or a cloud's metadata.
var names = []string{
	"localhost", "LOCALHOST", "localhost.", "localhost.localdomain", "a.localhost", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "ｌｏｃａｌｈｏｓｔ", "lo\u00adcalhost",
	"loc%61lhost", "xn--localhost-", "xn--localhost-.", "xn--127-.0.0.1", "ip6-localhost", "ip6-loopback", "metadata", "metadata.google.internal",
	"metadata.google.internal.", "METADATA.google.internal", "metadata。google。internal", "x.metadata.google.internal", "metadata.goog",
	"instance-data", "instance-data.ec2.internal", "metadata.tencentyun.com", "kubernetes.default.svc.cluster.local", "router.lan",
	"printer.local", "nas.home", "db.internal", "1.0.0.127.in-addr.arpa", "host.docker.internal", "gateway.docker.internal",
}

// hosts are all hosts to be refused, as they are written in a URL.
func hosts() []string {
	out := append([]string(nil), names...)
	for _, a := range private {
		out = append(out, spellings(netip.MustParseAddr(a))...)
	}
	for _, a := range private6 {
		p := netip.MustParseAddr(a)
		out = append(out, "["+a+"]", "["+strings.ToUpper(a)+"]", "["+p.StringExpanded()+"]", "["+a+"%25lo]", "["+a+"%25eth0]", "["+a+"%lo]")
	}
	return out
}

// urls are the URLs to be refused: every host in a plain URL, and in the ways to
// hide it from a parser.
func urls() []string {
	var out []string
	for _, h := range hosts() {
		out = append(out,
			"http://"+h+"/", "https://"+h+"/latest/meta-data/", "HTTP://"+h, "http://"+h+":80/a.png",
			"http://example.com@"+h+"/", "http://"+h+"#@example.com/", "http://"+h+"?@example.com/",
		)
	}
	for _, h := range private {
		out = append(out,
			"http://example.com\\@"+h+"/", "http://"+h+"\\@example.com/", "http://"+h+"\\.example.com/", "http:\\\\"+h+"/", "http:/"+h+"/",
			"http:///"+h+"/", "http:"+h+"/", "//"+h+"/", h, h+":80/", "http://"+h+":22/", "http://"+h+":0/", "http://"+h+":65536/",
			"http://"+h+":80+/", "http://"+h+":080/", "http://"+h+":/", "http://"+h+":0x50/", "http://"+h+": 80/",
			"http://"+h[:1]+"\t"+h[1:]+"/", "http://"+h+"\n/", "\nhttp://"+h+"/", " http://"+h+"/", "http://"+h+"\r\nHost: example.com/",
			"http://"+h+"\x00.example.com/", "http://user:pass@"+h+"/", "http://@"+h+"/", "http://%65xample.com@"+h+"/",
			"http://example.com:80@"+h+":80/", "http://example.com&@"+h+"#@example.org/", "http://"+h+"%00example.com/",
			"http://"+h+"%09/", "http://"+h+"%2f@example.com/", "http://"+h+"%23@example.com/", "http://"+h+";example.com/",
			"gopher://"+h+":80/_GET", "ftp://"+h+"/", "dict://"+h+":80/", "ws://"+h+"/", "jar:http://"+h+"!/", "url:http://"+h+"/",
			"file://"+h+"/etc/passwd", "view-source:http://"+h+"/", "ht\ttp://"+h+"/", "http://"+h+"\u2028/", "https://"+h+":80\\/",
		)
	}
	return out
}
