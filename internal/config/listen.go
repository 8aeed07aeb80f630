package config

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// checkListen refuses an address that gives the server's own keys away.
func (c *Config) checkListen() error {
	if err := checkAddress("listen", c.Listen); err != nil {
		return err
	}
	held := c.Mode() == ServerKeys || c.Mode() == OnVertex || len(c.Sites) > 0 || c.Others() != ""
	if loopback(c.Listen) || !held || len(c.ClientKeys.List) > 0 || c.InsecureListen {
		return nil
	}
	from := ""
	if s := c.find("listen"); s != nil && s.source != "" {
		from = " (" + s.source + ")"
	}
	return fmt.Errorf(`listen is %s%s, so everybody who can connect could spend the quota of the server's own Gemini credentials, and use the models of its sites. Do one of these:
  - set GEMWAY_CLIENT_KEYS to the keys your clients shall use (openssl rand -hex 24 makes one)
  - listen on the loopback interface only: --listen 127.0.0.1:8080
  - leave the server's credentials and sites out: clients then pass their own Gemini keys
  - insist, if something in front checks who calls: --insecure-listen`, c.Listen, from)
}

// checkAdmin refuses an admin listener that strangers could reach.
func (c *Config) checkAdmin() error {
	if c.Admin.Listen == "" {
		return nil
	}
	if err := checkAddress("admin.listen", c.Admin.Listen); err != nil {
		return err
	}
	if !loopback(c.Admin.Listen) && c.Admin.Token == "" {
		return fmt.Errorf("admin.listen is %s, beyond the loopback interface: set admin.token (GEMWAY_ADMIN_TOKEN), or listen on 127.0.0.1", c.Admin.Listen)
	}
	return nil
}

func checkAddress(setting, address string) error {
	if _, port, err := net.SplitHostPort(address); err != nil || port == "" {
		return fmt.Errorf("%s must be an address such as 127.0.0.1:8080, got %q", setting, address)
	}
	return nil
}

// loopback reports whether only programs of this machine can connect.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
